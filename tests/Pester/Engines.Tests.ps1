# Engines that are dead, hung, of another version, or speak nonsense: what every cmdlet that asks one says of it.

BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    # How each is called about a tunnel; what asks no running engine is not here.
    $Calls = [ordered]@{
        'Add-WgPeer' = "Add-WgPeer NAME '$($PeerKeys[0])'"
        'Add-WgReservation' = 'Add-WgReservation NAME laptop'
        'Approve-WgEnrollment' = 'Approve-WgEnrollment NAME laptop'
        'Close-WgEnrollment' = 'Close-WgEnrollment NAME'
        'Deny-WgEnrollment' = 'Deny-WgEnrollment NAME laptop'
        'Get-WgEnrollment' = 'Get-WgEnrollment NAME'
        'Get-WgInvite' = 'Get-WgInvite NAME'
        'Get-WgPeer' = 'Get-WgPeer NAME'
        'Get-WgReservation' = 'Get-WgReservation NAME'
        'Get-WgStatus' = 'Get-WgStatus NAME'
        'Get-WgTunnel' = 'Get-WgTunnel NAME'
        'Import-WgConfig' = 'Import-WgConfig FILE NAME'
        'Measure-WgTunnel' = 'Measure-WgTunnel NAME'
        'New-WgInvite' = 'New-WgInvite NAME -AsPlainText -Confirm:$false'
        'Open-WgEnrollment' = 'Open-WgEnrollment NAME -NoWait -Force'
        'Remove-WgPeer' = "Remove-WgPeer NAME '$($PeerKeys[0])'"
        'Remove-WgReservation' = 'Remove-WgReservation NAME laptop -Confirm:$false'
        'Restart-WgTunnel' = 'Restart-WgTunnel NAME'
        'Revoke-WgInvite' = 'Revoke-WgInvite NAME 0123456789abcdef'
        'Revoke-WgPeer' = "Revoke-WgPeer NAME '$($PeerKeys[0])' -Force"
        'Save-WgTunnel' = 'Save-WgTunnel NAME'
        'Set-WgPeer' = "Set-WgPeer NAME '$($PeerKeys[0])' -PersistentKeepalive 25"
        'Set-WgTunnel' = 'Set-WgTunnel NAME -Mtu 1300'
        'Stop-WgTunnel' = 'Stop-WgTunnel NAME'
        'Sync-WgConfig' = 'Sync-WgConfig NAME'
        'Update-WgKey' = 'Update-WgKey NAME -Confirm:$false'
        'Wait-WgHandshake' = 'Wait-WgHandshake NAME -Timeout 20'
        'Watch-WgEvent' = 'Watch-WgEvent NAME -Timeout 20'
    }
    # Of Test-WgTunnel that is the answer and no error; see Events.Tests.ps1.
    $Exempt = 'Test-WgTunnel', 'Test-WgConfig', 'Start-WgTunnel', 'Start-WgEnrollmentServer', 'Register-WgService', 'Unregister-WgService', 'New-WgKey', 'Get-WgPublicKey', 'Join-WgNetwork', 'Import-WgTopology', 'New-WgMesh'
    $Behaviors = @(
        @{ Behavior = 'OtherVersion'; Id = 'EngineVersionMismatch'; Message = "*tunnel 'NAME' (version 0.0.0-fake) speaks control protocol*this module speaks*"; Advice = 'restart the tunnel' }
        @{ Behavior = 'RubbishGreeting'; Id = 'EngineProtocolError'; Message = "*tunnel 'NAME' sent as greeting is not understood*"; Advice = 'restart the tunnel' }
        @{ Behavior = 'CloseAtOnce'; Id = 'EngineConnectionLost'; Message = "*tunnel 'NAME' closed the connection before its greeting*"; Advice = 'Get-WgTunnel' }
        @{ Behavior = 'Dead'; Id = 'TunnelNotFound'; Message = "There is no running tunnel 'NAME'.*"; Advice = 'Start-WgTunnel' }
    )
    $Cases = foreach ($behavior in $Behaviors) { $behavior + @{ Calls = $Calls } }
}

Describe 'An engine' {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        Enter-FakeEngine
    }

    AfterEach {
        foreach ($id in $FakeProcesses) { Stop-Process -Id $id -Force -ErrorAction Ignore }
        Remove-Item $Work/run/*.sock -ErrorAction Ignore
    }

    AfterAll { Exit-FakeEngine }

    It 'is asked by the cmdlets that are tried here, and no other' -ForEach @{ Calls = $Calls; Exempt = $Exempt } {
        $asking = [WireGuard.WgTunnel].Assembly.GetTypes() | Where-Object { -not $_.IsAbstract -and $_.IsSubclassOf([WireGuard.Commands.EngineCommand]) } |
            ForEach-Object { $_.CustomAttributes.Where{ $_.AttributeType.Name -eq 'CmdletAttribute' }.ConstructorArguments.Value -join '-' }
        $asking | Sort-Object | Should -Be (@($Calls.Keys) + $Exempt | Sort-Object)
    }

    It 'that is <Behavior> is <Id> with what to do, whatever is asked of it' -ForEach $Cases {
        $started = if ($Behavior -eq 'Dead') { 'Normal' } else { $Behavior }
        Start-FakeTunnel odd $started
        if ($Behavior -eq 'Dead') {
            Stop-Process -Id $FakeProcesses[-1] -Force
            # A thread of it may hold the socket a little longer.
            Wait-For { (Get-ErrorId { Get-WgTunnel odd }) -like 'TunnelNotFound,*' }
        }

        foreach ($call in $Calls.GetEnumerator()) {
            $problems = @()
            try { $null = Invoke-Expression ("$($call.Value) -ErrorVariable problems -ErrorAction SilentlyContinue" -replace 'NAME', 'odd' -replace 'FILE', "$Work/etc/odd.conf") }
            catch { $problems = @($_) }
            $problems.Count | Should -Be 1 -Because $call.Value
            $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*" -Because $call.Value
            "$($problems[0])" | Should -BeLike ($Message -replace 'NAME', 'odd') -Because $call.Value
            $problems[0].ErrorDetails.RecommendedAction | Should -Match $Advice -Because $call.Value
            $problems[0].TargetObject | Should -Not -BeNullOrEmpty -Because $call.Value
        }
    }

    It 'that hangs is EngineTimeout with what to do, and holds up no cmdlet for ever' -ForEach @{ Calls = $Calls } {
        Start-FakeTunnel odd Hung
        $running = foreach ($call in $Calls.GetEnumerator()) {
            $script = $call.Value -replace 'NAME', 'odd' -replace 'FILE', "$Work/etc/odd.conf"
            [pscustomobject]@{ Call = $call.Value; Pipeline = Start-Pipeline $script }
        }
        try {
            Wait-For { $running.Pipeline.Result.IsCompleted -notcontains $false } 120
            foreach ($one in $running) {
                $problem = $one.Pipeline.Shell.Streams.Error[0] ?? $one.Pipeline.Shell.InvocationStateInfo.Reason.ErrorRecord
                $problem.FullyQualifiedErrorId | Should -BeLike 'EngineTimeout,*' -Because $one.Call
                "$problem" | Should -BeLike "*tunnel 'odd' gave no greeting within 5 s*" -Because $one.Call
                $problem.ErrorDetails.RecommendedAction | Should -Match 'log' -Because $one.Call
            }
        }
        finally { foreach ($one in $running) { $one.Pipeline.Shell.Dispose() } }
    }

    It 'that still starts is looked at, and changes are refused with what to wait for' -ForEach @{ Calls = $Calls } {
        Start-FakeTunnel odd Starting
        (Get-WgTunnel odd).State | Should -Be 'Starting'
        foreach ($command in 'Add-WgPeer', 'Set-WgPeer', 'Remove-WgPeer', 'Set-WgTunnel', 'Save-WgTunnel', 'Sync-WgConfig', 'Import-WgConfig', 'Update-WgKey') {
            $problems = @()
            $null = Invoke-Expression ("$($Calls[$command]) -ErrorVariable problems -ErrorAction SilentlyContinue" -replace 'NAME', 'odd' -replace 'FILE', "$Work/etc/odd.conf")
            $problems[-1].FullyQualifiedErrorId | Should -BeLike 'Starting,*' -Because $command
            $problems[-1].ErrorDetails.RecommendedAction | Should -Match 'Get-WgTunnel shows that the tunnel is up' -Because $command
        }
    }

    It 'that refuses whom it was told to let in says why' {
        Start-FakeServer 'wait surplus 1'
        $null = Open-WgEnrollment wgp0 -Approve -NoWait -Force
        Wait-For { (Get-WgEnrollment wgp0).Waiting }
        { Approve-WgEnrollment wgp0 surplus -ErrorAction Stop } | Should -Throw '*no address is free*' -ErrorId 'EnrollmentRefused,*'
    }

    It 'that a join does not trust writes no file' {
        { Join-WgNetwork forged.example (ConvertTo-SecureString 493027 -AsPlainText) -Name wgp5 -ErrorAction Stop } |
            Should -Throw '*does not know the code*' -ErrorId 'ServerNotTrusted,*'
        Test-Path $Work/etc/wgp5.conf | Should -BeFalse
    }
}
