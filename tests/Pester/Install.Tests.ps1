# What README says of installing, word for word but for where: below a folder of the test's, with a home that is empty.

BeforeDiscovery {
    $Reason = if (-not $IsLinux) { 'Linux only' } elseif ($env:WIREGUARD_MODULE -or $env:WIREGUARD_ENGINE) { 'another module or engine is tested' } elseif (-not (Test-Path "$PSScriptRoot/../../out/engine/wireguard-engine")) { 'there is no engine in out/' }
}

Describe "Installing$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Pwsh = (Get-Process -Id $PID).Path
        $Root = Resolve-Path "$PSScriptRoot/../.." | ForEach-Object Path
        # Not the temporary folder: a service sees nothing of it.
        $Work = "$Root/out/wgi-$PID"
        $null = New-Item -ItemType Directory "$Work/bin", "$Work/lib", "$Work/home"
        $readme = Get-Content -Raw "$Root/README.md"
        $Block = [regex]::Match($readme, '(?s)To have both at hand:\s+```sh\n(.*?)```').Groups[1].Value
        $commands = $Block -split '\n' -notmatch 'apt-get' -replace '^sudo ' -replace '/usr/local', $Work
        Push-Location $Root
        try { foreach ($command in $commands -match '\S') { sh -c $command; $LASTEXITCODE | Should -Be 0 -Because $command } }
        finally { Pop-Location }
        function Invoke-Clean([string] $Script) {
            env -i "HOME=$Work/home" "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "DOTNET_ROOT=$env:DOTNET_ROOT" "PSModulePath=$Work/share/powershell/Modules" `
                POWERSHELL_TELEMETRY_OPTOUT=1 $Pwsh -NoProfile -NonInteractive -Command $Script 2>&1
        }
    }

    AfterAll { if ($Work) { Remove-Item -Recurse -Force $Work -ErrorAction Ignore } }

    It 'has the cmdlets at hand without importing, from the installed place' {
        Invoke-Clean "(New-WgKey).PublicKey.Length; (Get-Module WireGuard).ModuleBase" | Should -Be '44', "$Work/share/powershell/Modules/WireGuard"
        (Invoke-Clean '(Get-Command -Module WireGuard).Count') -as [int] | Should -BeGreaterThan 15
    }

    It 'has the help' {
        Invoke-Clean "(Get-Help Start-WgTunnel).Synopsis; (Get-Help about_WireGuard).Length -gt 100" | Should -Be (Get-Help Start-WgTunnel).Synopsis, 'True'
    }

    It 'finds the engine, which runs from where it was copied to' {
        # Nothing is there to be removed; but the engine says so.
        Invoke-Clean "Unregister-WgService wgi$PID; 'done'" | Should -Be 'done'
        & "$Work/bin/wireguard-engine" --version | Should -Match '^wireguard-engine \d'
        readlink -f "$Work/share/powershell/Modules/WireGuard/engine/wireguard-engine" | Should -Be "$Work/lib/wireguard-engine/wireguard-engine"
    }

    It 'says what is missing when the engine is not where the module looks' {
        Remove-Item "$Work/share/powershell/Modules/WireGuard/engine"
        Invoke-Clean "try { Unregister-WgService wgi$PID } catch { `$_.FullyQualifiedErrorId; `$_.ErrorDetails.RecommendedAction }" |
            Should -Be 'EngineNotFound,WireGuard.Commands.UnregisterWgServiceCommand', 'Put wireguard-engine into the module''s engine folder, or set $env:WIREGUARD_ENGINE to its path.'
    }
}
