# Join-WgNetwork with an engine that is made up: what it is given, asks for and passes on. With real engines on a real network
# it is in EnrollmentLive.Tests.ps1.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    Add-Type -Path $PSScriptRoot/AskingHost.cs
    $Code = '493027'
    $LinkText = 'wg-enroll://vpn.example:51820/AQUMExohKC82PURLUllgZ25_RuD5vJrllXRZ0pq2aEyAAcgIawAAAAD5QpqH'
}

AfterAll { Exit-FakeEngine }

Describe 'Join-WgNetwork' {
    AfterEach {
        $env:WIREGUARD_FAKE_OPTIONS = $null
        Get-WgTunnel | Stop-WgTunnel
        Remove-Item "$Work/etc/*.conf", "$Work/options" -ErrorAction Ignore
    }

    It 'joins by a code, and keeps it out of arguments' {
        $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
        $secure = ConvertTo-SecureString '493 027' -AsPlainText
        Join-WgNetwork 203.0.113.1:51820 -Code $secure -Name wgp5 -PeerName here -Timeout 5 -WarningVariable warned 6>$null | Should -BeNullOrEmpty
        $warned | Should -BeNullOrEmpty
        Get-Content "$Work/options" | Should -Be 'join 203.0.113.1:51820 --name wgp5 --peer-name here --report json --timeout 5 --ends-with-input'
        (Get-WgTunnel wgp5).Addresses | Should -Be '10.150.0.2/24'
    }

    It 'emits the tunnel with -PassThru, and shows what is waited for' {
        $tunnel = Join-WgNetwork vpn.example -Code (ConvertTo-SecureString $Code -AsPlainText) -PassThru -InformationVariable said 6>$null
        $tunnel | Should -BeOfType WireGuard.WgTunnel
        $tunnel.Name | Should -Be 'wg0'
        "$said" | Should -BeLike '*fingerprint 8a02d4c19e7f5b3360b1c8d7e2f4a596*'
    }

    It 'tells until when the server lets this host in' {
        $env:WIREGUARD_FAKE_LEASE = '2026-12-24T18:00:00Z'
        try { $tunnel = Join-WgNetwork vpn.example -Code (ConvertTo-SecureString $Code -AsPlainText) -PassThru 6>$null }
        finally { $env:WIREGUARD_FAKE_LEASE = $null }
        $tunnel.LeaseEnds | Should -Be ([datetimeoffset]'2026-12-24T18:00:00Z')
        (Get-WgTunnel wg0).LeaseEnds | Should -BeNullOrEmpty
    }

    It 'joins by an invitation, secure or as text, and keeps that out of arguments' {
        $env:WIREGUARD_FAKE_OPTIONS = "$Work/options"
        $link = ConvertTo-SecureString $LinkText -AsPlainText
        Join-WgNetwork -Link $link -Name wgp1 -WarningVariable warned 6>$null
        $warned | Should -BeNullOrEmpty
        Get-Content "$Work/options" | Should -BeLike 'join - --name wgp1 *'
        Join-WgNetwork $link -Name wgp2 -WarningVariable warned 6>$null
        [pscustomobject]@{ Link = $link } | Join-WgNetwork -Name wgp3 -WarningVariable +warned 6>$null
        $warned | Should -BeNullOrEmpty
        Join-WgNetwork $LinkText -Name wgp4 -WarningVariable warned -WarningAction SilentlyContinue 6>$null
        "$warned" | Should -BeLike '*invitation was given as plain text*'
        Get-Content "$Work/options" | Should -Not -Match 'AQUM'
        (Get-WgTunnel).Name | Should -Be 'wgp1', 'wgp2', 'wgp3', 'wgp4'
        Get-ErrorId { Join-WgNetwork -Link (ConvertTo-SecureString 'rubbish' -AsPlainText) } | Should -BeLike 'InvalidInvitation,*'
    }

    It 'warns of a code that was given as text' {
        Join-WgNetwork vpn.example $Code -Name wgp5 -WarningVariable warned -WarningAction SilentlyContinue 6>$null
        "$warned" | Should -BeLike '*code was given as plain text*'
        "$warned" | Should -Not -Match $Code
        Get-WgTunnel wgp5 | Should -Not -BeNullOrEmpty
    }

    It 'asks for a code that was not given, and says so where nobody can be asked' {
        Invoke-Pwsh 'Join-WgNetwork vpn.example -Name wgp5' | Should -Match 'A code is needed'
        Get-WgTunnel | Should -BeNullOrEmpty
        $asking = [AskingHost]::new('493-027')
        $runspace = [runspacefactory]::CreateRunspace($asking)
        $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("Import-Module '$(Get-TestModulePath)'; Join-WgNetwork vpn.example -Name wgp5")
        $null = $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        $shell.Dispose()
        $runspace.Dispose()
        $asking.Shown | Should -BeLike 'Code: *fingerprint*'
        $asking.Shown | Should -Not -Match '493-?027'
        (Get-WgTunnel wgp5).Addresses | Should -Be '10.150.0.2/24'
    }

    It 'does nothing with -WhatIf, and asks for no code' {
        Invoke-Pwsh 'Join-WgNetwork vpn.example -WhatIf' | Should -BeLike '*What if*vpn.example*'
        Get-ChildItem $Work/etc -Filter *.conf | Should -BeNullOrEmpty
    }

    It 'passes on why not' {
        Get-ErrorId { Join-WgNetwork vpn.example 000000 -WarningAction SilentlyContinue } | Should -BeLike 'WrongCode,*'
        Get-ErrorId { Join-WgNetwork vpn.example abc -WarningAction SilentlyContinue } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Join-WgNetwork silent.example $Code -WarningAction SilentlyContinue } | Should -BeLike 'JoinTimeout,*'
        Get-ErrorId { Join-WgNetwork mute.example $Code -WarningAction SilentlyContinue } | Should -BeLike 'EngineFailed,*'
        Get-ErrorId { Join-WgNetwork 'a b' $Code } | Should -BeLike 'InvalidEndpoint,*'
        Get-ErrorId { Join-WgNetwork vpn.example $Code -Name 'no name' } | Should -BeLike 'InvalidTunnelName,*'
    }

    It 'ends the engine''s join at Ctrl-C' {
        $pipeline = Start-Pipeline "Join-WgNetwork never.example $Code -Name wgp5"
        $find = { Get-Process fake-engine -ErrorAction Ignore | Where-Object { (Get-Content "/proc/$($_.Id)/cmdline" -ErrorAction Ignore) -like '*never.example*' } }
        Wait-For { & $find }
        $pipeline.Shell.Stop()
        $pipeline.Shell.Dispose()
        Wait-For { -not (& $find) }
        Get-WgTunnel | Should -BeNullOrEmpty
    }
}
