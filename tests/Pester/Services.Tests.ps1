# Register- and Unregister-WgService, where systemd does not run or is not asked: what they foresee and refuse. The engine's own tests
# have a systemd run what they write.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' } elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
}

Describe "Services$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $SavedEngine = $env:WIREGUARD_ENGINE
        $env:WIREGUARD_ENGINE = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        # Not the temporary folder: a service sees nothing of it.
        $Work = Join-Path (Split-Path (Split-Path (Get-TestModulePath))) "wgs-$PID"
        $null = New-Item -ItemType Directory $Work
        $Tunnel = "wgs$PID"
        Set-Content "$Work/$Tunnel.conf" "[Interface]`nPrivateKey = $(New-WgKey -AsPlainText)"
        chmod 600 "$Work/$Tunnel.conf"
        Set-Content "$Work/bad.conf" "[Interface]`nNonsense = 1"
    }

    AfterAll {
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        $env:WIREGUARD_ENGINE = $SavedEngine
    }

    It 'foresees what registering writes, and writes nothing' {
        $changes = Register-WgService "$Work/$Tunnel.conf" -KillSwitch -ExcludeRoute 10.0.0.0/8 -WhatIf -WarningAction SilentlyContinue
        $changes.Tunnel | Select-Object -Unique | Should -Be $Tunnel
        $changes | Where-Object Property -EQ Options | ForEach-Object To | Should -Be '--kill-switch --exclude-route 10.0.0.0/8'
        $changes | Where-Object Property -EQ Enabled | ForEach-Object Kind | Should -Be 'Added'
        (Register-WgService "$Work/$Tunnel.conf" -NoEnable -WhatIf -WarningAction SilentlyContinue).Property | Should -Not -Contain 'Enabled'
        Test-Path "/etc/systemd/system/wireguard-engine@$Tunnel.service.d" | Should -BeFalse
    }

    It 'knows a tunnel that others join by its name' {
        $state = "$Work/states/wgt$PID"
        $null = New-Item -ItemType Directory $state
        Set-Content "$state/state" ''
        Set-Content "$state/settings.json" '{"pool":["10.150.0.0/24"]}'
        chmod 600 "$state/state" "$state/settings.json"
        $env:WIREGUARD_ENGINE_STATE_DIR = "$Work/states"
        try {
            $changes = Register-WgService "wgt$PID" -Forward -WhatIf -WarningAction SilentlyContinue
            $changes | Where-Object Property -EQ Options | ForEach-Object To | Should -Be 'serve --forward'
            Get-ErrorId { Register-WgService -Name "wgt$PID" -AllowHook -WhatIf } | Should -BeLike 'InvalidValue,*'
        }
        finally { $env:WIREGUARD_ENGINE_STATE_DIR = $null }
    }

    It 'refuses what cannot be' {
        Get-ErrorId { Register-WgService "$Work/bad.conf" -WhatIf } | Should -BeLike 'ConfigInvalid,*'
        Get-ErrorId { Register-WgService "$Work/nosuch.conf" -WhatIf } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Register-WgService "$Work/$Tunnel.conf" -ControlGroupWrite -WhatIf } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Unregister-WgService 'no such' } | Should -BeLike 'InvalidTunnelName,*'
        if (-not (Test-Path /run/systemd/system)) {
            Get-ErrorId { Register-WgService "$Work/$Tunnel.conf" -Start -WhatIf } | Should -BeLike 'ServiceFailed,*'
        }
    }

    It 'runs nothing but the engine''s own dry run with -WhatIf, and leaves the system as it is' {
        $engine = $env:WIREGUARD_ENGINE
        '#!/bin/sh', "echo ""`$*"" >> '$Work/calls'", "exec '$engine' ""`$@""" | Set-Content "$Work/recorder"
        chmod 755 "$Work/recorder"
        $look = { Get-ChildItem -Recurse /etc/systemd -ErrorAction Ignore | ForEach-Object { "$($_.FullName) $($_.LastWriteTimeUtc.Ticks) $($_.Length)" } }
        $before = & $look
        $env:WIREGUARD_ENGINE = "$Work/recorder"
        try {
            Register-WgService "$Work/$Tunnel.conf" -KillSwitch -WhatIf -WarningAction SilentlyContinue | Out-Null
            Unregister-WgService $Tunnel -WhatIf | Should -BeNullOrEmpty
            Invoke-Pwsh "Unregister-WgService $Tunnel -WhatIf" | Should -Match "What if: Leave the service of tunnel '$Tunnel' as it is: there is nothing to change"
        }
        finally { $env:WIREGUARD_ENGINE = $engine }
        Get-Content "$Work/calls" | Should -HaveCount 3
        Get-Content "$Work/calls" | Should -Match '^service (install|remove) .*--dry-run --json$'
        & $look | Should -Be $before
    }

    It 'has nothing to say of a tunnel that is no service' {
        Unregister-WgService $Tunnel | Should -BeNullOrEmpty
    }
}
