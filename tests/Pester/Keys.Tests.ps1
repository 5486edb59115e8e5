BeforeDiscovery { $HasWg = [bool](Get-Command wg -CommandType Application -ErrorAction Ignore) }

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    # RFC 7748, section 6.1.
    $Private = 'dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo='
    $Public = 'hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo='
}

AfterAll { Exit-FakeEngine }

Describe 'Keys' {
    It 'makes a pair whose halves belong together' {
        $pair = New-WgKey
        $pair | Should -BeOfType WireGuard.WgKeyPair
        $pair.PrivateKey | Should -BeOfType securestring
        $pair | Get-WgPublicKey | Should -Be $pair.PublicKey
    }

    It 'shows no private key in any view' {
        $pair = New-WgKey
        $secret = $pair.PrivateKey | ConvertFrom-SecureString -AsPlainText
        $shown = ($pair | Out-String), ($pair | Format-List | Out-String), ($pair | Format-List * | Out-String),
            ($pair | Format-Table * | Out-String), "$pair", ($pair | ConvertTo-Json), ($pair | ConvertTo-Csv | Out-String)
        $shown -join '' | Should -Not -BeLike "*$secret*"
        $pair | Out-String | Should -BeLike "*$($pair.PublicKey)*"
    }

    It 'gives another key each time, as text when asked' {
        $keys = 1..20 | ForEach-Object { New-WgKey -AsPlainText }
        ($keys | Select-Object -Unique).Count | Should -Be 20
        $keys | Should -Match '^[A-Za-z0-9+/]{43}=$'
    }

    It 'needs no engine for text' {
        $saved = $env:WIREGUARD_ENGINE
        $env:WIREGUARD_ENGINE = '/nonexistent'
        try {
            New-WgKey -AsPlainText | Should -HaveCount 1
            (New-WgPresharedKey).PresharedKey.Length | Should -Be 44
            Get-ErrorId { New-WgKey } | Should -Be 'EngineNotFound,WireGuard.Commands.NewWgKeyCommand'
        }
        finally { $env:WIREGUARD_ENGINE = $saved }
    }

    It 'derives RFC 7748''s public key from string, SecureString and pair' {
        $Private | Get-WgPublicKey | Should -Be $Public
        Get-WgPublicKey ($Private | ConvertTo-SecureString -AsPlainText -Force) | Should -Be $Public
        [pscustomobject]@{ PrivateKey = $Private } | Get-WgPublicKey | Should -Be $Public
    }

    It 'agrees with wg pubkey' -Skip:(-not $HasWg) {
        $key = New-WgKey -AsPlainText
        $key | Get-WgPublicKey | Should -Be ($key | wg pubkey)
    }

    It 'goes on after a bad key in the pipeline and does not repeat it' {
        $problems = $null
        $good = $Private, 'hunter2', $Private | Get-WgPublicKey -ErrorVariable problems -ErrorAction SilentlyContinue
        $good | Should -Be $Public, $Public
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -Be 'InvalidKey,WireGuard.Commands.GetWgPublicKeyCommand'
        $problems[0] | Out-String | Should -Not -BeLike '*hunter2*'
    }

    It 'recommends something else than the message says' {
        $problem = Get-WgPublicKey short -WarningAction SilentlyContinue -ErrorAction Continue 2>&1
        $problem.ErrorDetails.RecommendedAction | Should -Match 'New-WgKey'
        $problem.ErrorDetails.RecommendedAction | Should -Not -Match '44 characters'
    }

    It 'warns of a string among the arguments, not of one in the pipeline' {
        Get-WgPublicKey $Private -WarningVariable warned -WarningAction SilentlyContinue | Should -Be $Public
        $warned | Should -HaveCount 1
        "$warned" | Should -Not -BeLike "*$Private*"
        $Private | Get-WgPublicKey -WarningVariable warned -WarningAction SilentlyContinue | Should -Be $Public
        $warned | Should -BeNullOrEmpty
    }

    It 'makes preshared keys' {
        $key = New-WgPresharedKey
        $key | Out-String | Should -BeLike '*(hidden)*'
        New-WgPresharedKey -AsPlainText | Should -Match '^[A-Za-z0-9+/]{43}=$'
    }
}
