# The cmdlets as somebody who is not root: a refusal with an ErrorId and advice, never an empty answer.

BeforeDiscovery {
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root, to become nobody' }
    elseif (-not (Get-Command setpriv -CommandType Application -ErrorAction Ignore)) { 'there is no setpriv command' }
}

Describe "Without rights$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        Enter-FakeEngine
        # Nobody may read the module, whoever owns the checkout, and neither sockets nor configurations.
        Copy-Item -Recurse (Get-TestModulePath) $Work/WireGuard
        $null = New-TestConfig wgu0
        Start-WgTunnel -Name wgu0
        chmod -R a+rX $Work/WireGuard
        chmod 755 $Work
        chmod 700 $Work/run $Work/etc

        $script = {
            $ErrorActionPreference = 'Continue'
            Import-Module $env:WGU_MODULE
            $calls = [ordered]@{
                'Get-WgTunnel'        = { Get-WgTunnel }
                'Get-WgTunnel NAME'   = { Get-WgTunnel wgu0 }
                'Get-WgStatus'        = { Get-WgStatus }
                'Get-WgStatus NAME'   = { Get-WgStatus wgu0 }
                'Get-WgPeer'          = { Get-WgPeer }
                'Start-WgTunnel NAME' = { Start-WgTunnel -Name wgu0 }
                'Start-WgTunnel PATH' = { Start-WgTunnel "$env:WIREGUARD_CONFIG_DIR/wgu0.conf" }
                'Test-WgConfig'       = { Test-WgConfig "$env:WIREGUARD_CONFIG_DIR/wgu0.conf" }
                'Stop-WgTunnel NAME'  = { Stop-WgTunnel wgu0 }
                'Stop-WgTunnel *'     = { Stop-WgTunnel * }
            }
            foreach ($call in $calls.GetEnumerator()) {
                $problem = $null
                try { $null = & $call.Value 2>&1 | ForEach-Object { if ($_ -is [Management.Automation.ErrorRecord]) { $problem = $_ } } }
                catch { $problem = $_ }
                "$($call.Key)|$($problem.FullyQualifiedErrorId -replace ',.*')|$($problem.ErrorDetails.RecommendedAction)"
            }
        }
        $env:WGU_MODULE = "$Work/WireGuard"
        try {
            $lines = setpriv --reuid 65534 --regid 65534 --clear-groups env "HOME=$Work/none" (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $script.ToString()
        }
        finally { $env:WGU_MODULE = $null }
        $Answers = @{}
        foreach ($line in $lines) {
            $call, $id, $advice = $line -split '\|', 3
            $Answers[$call] = @{ Id = $id; Advice = $advice }
        }
    }

    AfterAll {
        Get-WgTunnel | Stop-WgTunnel
        Exit-FakeEngine
    }

    It '<Call> gives <Id> and advice' -ForEach @(
        @{ Call = 'Get-WgTunnel'; Id = 'EngineAccessDenied' }
        @{ Call = 'Get-WgTunnel NAME'; Id = 'EngineAccessDenied' }
        @{ Call = 'Get-WgStatus'; Id = 'EngineAccessDenied' }
        @{ Call = 'Get-WgStatus NAME'; Id = 'EngineAccessDenied' }
        @{ Call = 'Get-WgPeer'; Id = 'EngineAccessDenied' }
        @{ Call = 'Start-WgTunnel NAME'; Id = 'AccessDenied' }
        @{ Call = 'Start-WgTunnel PATH'; Id = 'AccessDenied' }
        @{ Call = 'Test-WgConfig'; Id = 'AccessDenied' }
        @{ Call = 'Stop-WgTunnel NAME'; Id = 'EngineAccessDenied' }
        @{ Call = 'Stop-WgTunnel *'; Id = 'EngineAccessDenied' }
    ) {
        $Answers[$Call].Id | Should -Be $Id
        $Answers[$Call].Advice | Should -Not -BeNullOrEmpty
    }
}
