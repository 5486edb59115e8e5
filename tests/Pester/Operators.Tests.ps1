BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    Import-Module (Join-Path (Get-TestModulePath) Pester/WireGuard.Pester.psm1)
    # The first peer has just shaken hands, the second ten minutes ago, the third never.
    Start-FakeTunnel wg0
    $First, $Second, $Third = $PeerKeys | ForEach-Object { Get-WgPeer wg0 -PublicKey $_ }

    function Get-Failure([scriptblock] $Script) {
        try { $null = & $Script } catch { return "$_" }
        throw 'It did not fail.'
    }
}

AfterAll { Exit-FakeEngine }

Describe 'Should -HaveRecentHandshake' {
    It 'is about the last three minutes, or as many as asked for' {
        $First | Should -HaveRecentHandshake
        $Second | Should -Not -HaveRecentHandshake
        $Second | Should -HaveRecentHandshake -Within 00:15:00
        $Third | Should -Not -HaveRecentHandshake -Within 3650.00:00:00
    }

    It 'is about all peers of a tunnel, and says with whom there was none' {
        $failure = Get-Failure { Get-WgTunnel wg0 | Should -HaveRecentHandshake -Because 'they are servers' }
        $failure | Should -BeLike "Expected a handshake within the last 3m 00s, but had none with '$Second' of tunnel 'wg0' (10m*), '$Third' of tunnel 'wg0' (never), because they are servers."
        Get-Failure { $First | Should -Not -HaveRecentHandshake } | Should -BeLike "Expected no handshake*but had one with '$First'*"
    }

    It 'fails for nobody, and for what is no peer' {
        Get-Failure { @() | Should -HaveRecentHandshake } | Should -BeLike '*there is none*'
        Get-Failure { 'wg0' | Should -HaveRecentHandshake } | Should -BeLike "*not 'String'*"
    }
}

Describe 'Should -AllowIP' {
    It 'takes addresses and prefixes' {
        $First | Should -AllowIP 10.0.0.2
        $First | Should -AllowIP 10.0.0.2/32
        $First, $Second | Should -AllowIP 10.0.0.2, 10.0.0.3
        $First | Should -Not -AllowIP 10.0.0.3, 10.0.0.2/31, fd00::1
    }

    It 'says what is not allowed' {
        Get-Failure { $First | Should -AllowIP 10.0.0.2, 10.0.0.3 } | Should -Be "Expected all of 10.0.0.2, 10.0.0.3 to be allowed by $First, but 10.0.0.3 is not."
        Get-Failure { $First, $Second | Should -Not -AllowIP 10.0.0.2, 10.0.0.3 } | Should -Be "Expected none of 10.0.0.2, 10.0.0.3 to be allowed by $First, $Second, but 10.0.0.2, 10.0.0.3 are."
    }
}

Describe 'The operators' {
    It 'can be loaded again' { { Import-Module (Join-Path (Get-TestModulePath) Pester/WireGuard.Pester.psm1) -Force } | Should -Not -Throw }

    It 'leave the module without Pester' {
        pwsh -NoProfile -NonInteractive -Command "Import-Module '$(Get-TestModulePath)'; [bool](Get-Module Pester)" | Should -Be 'False'
    }
}
