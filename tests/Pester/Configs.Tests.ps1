# Configurations between files, texts, objects and running tunnels.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    function ConvertFrom-Secure([securestring] $Secret) { $Secret | ConvertFrom-SecureString -AsPlainText }
}

AfterAll {
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'ConvertFrom-WgConfig' {
    It 'reads lines, a text, a path, files and what running tunnels were started from' {
        $path = New-TestConfig wgp1 'Address = 10.0.0.1/24, fd00::1/64'
        $key = (Get-Content $path | Select-String '^PrivateKey = (.*)').Matches[0].Groups[1].Value
        Start-WgTunnel $path
        $read = @(
            Get-Content $path | ConvertFrom-WgConfig -Name wgp1
            ConvertFrom-WgConfig (Get-Content -Raw $path) -Name wgp1
            ConvertFrom-WgConfig -Path "$Work/etc/wgp[1].conf"
            Get-ChildItem $path | ConvertFrom-WgConfig
            Get-WgTunnel wgp1 | ConvertFrom-WgConfig
        )
        $read | Should -HaveCount 5
        $read | Should -BeOfType WireGuard.WgConfig
        foreach ($config in $read) {
            $config.Name, $config.ListenPort, $config.PeerCount | Should -Be 'wgp1', 51820, 3
            $config.Addresses | Should -Be '10.0.0.1/24', 'fd00::1/64'
            $config.Peers.PublicKey | Should -Be $PeerKeys
            ConvertFrom-Secure $config.PrivateKey | Should -Be $key
            $config | Out-String | Should -Not -BeLike "*$key*"
            $config | Format-List | Out-String | Should -Not -BeLike "*$key*"
            $config | ConvertTo-Json -Depth 3 -WarningAction Stop | Should -Not -BeLike "*$key*"
        }
        Stop-WgTunnel wgp1
    }

    It 'says what is wrong, and goes on' {
        $good, $bad = (New-TestConfig good), (New-TestConfig bad 'Colour = blue')
        Get-ErrorId { 'Colour = blue' | ConvertFrom-WgConfig } | Should -BeLike 'ConfigInvalid,*'
        Get-ErrorId { ConvertFrom-WgConfig -LiteralPath ./nowhere.conf } | Should -BeLike 'ConfigNotFound,*'
        $read = Get-ChildItem $bad, $good | ConvertFrom-WgConfig -ErrorVariable problems -ErrorAction SilentlyContinue
        $read.Name | Should -Be 'good'
        "$problems" | Should -Match 'bad\.conf:4:\d+: error: '
    }

    It 'makes each fault of a text or file an error of its own' {
        $two = "[Interface]`nColour = blue`nShape = round"
        $two | ConvertFrom-WgConfig -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems | Should -HaveCount 2
        $problems.FullyQualifiedErrorId | Select-Object -Unique | Should -BeLike 'ConfigInvalid,*'
        "$($problems[1])" | Should -BeLike '(text):3:1: error: *'
        Set-Content "$Work/etc/two.conf" $two
        Start-WgTunnel "$Work/etc/two.conf" -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems | ForEach-Object { "$_" -split '\n' } | Should -HaveCount 2
    }

    It 'says where a path goes that was given for a text' {
        foreach ($given in './wg0.conf', '/etc/wireguard/wg0.conf', 'wg0') {
            ConvertFrom-WgConfig $given -ErrorVariable problem -ErrorAction SilentlyContinue
            "$problem" | Should -BeLike "'$given' is no text *-Path*"
            $problem[0].ErrorDetails.RecommendedAction | Should -Match 'Import-WgConfig'
        }
        Get-ErrorId { ConvertFrom-WgConfig (New-WgKey -AsPlainText) } | Should -BeLike 'ConfigInvalid,*'
    }

    It 'tells what is doubtful' {
        "[Interface]`n[Peer]`nPublicKey = $($PeerKeys[0])`nAllowedIPs = 10.0.0.1/24" | ConvertFrom-WgConfig -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike '(text):4:14: *10.0.0.0/24*'
    }
}

Describe 'ConvertTo-WgConfig' {
    It 'gives back what was read, friendly names too, keys only when asked for' {
        $text = "[Interface]`nPrivateKey = $(New-WgKey -AsPlainText)`nAddress = 10.0.0.1/24`nPostUp = echo # up`n`n# Name = laptop`n[Peer]`nPublicKey = $($PeerKeys[0])`nPresharedKey = $(New-WgPresharedKey -AsPlainText)`nAllowedIPs = 10.0.0.2/32"
        $config = $text | ConvertFrom-WgConfig
        $config | ConvertTo-WgConfig -IncludeSecret | Should -BeExactly $text
        $config | ConvertTo-WgConfig | Should -BeExactly ($text -replace '(?m)^(Pr\w+Key) = .*$', '# $1 is left out')
        $config | ConvertTo-WgConfig -Strip -IncludeSecret | Should -BeExactly ($text -replace '(?m)^(Address|PostUp) = .*\n')
    }

    It 'makes a configuration from what a script says' {
        $config = [WireGuard.WgConfig]@{ Name = 'wg0'; Addresses = '10.0.0.1/24'; ListenPort = 51820; Peers = @(@{ PublicKey = $PeerKeys[0]; AllowedIPs = '10.0.0.2/32' }) }
        $config | ConvertTo-WgConfig | Should -BeExactly "[Interface]`n# PrivateKey goes here: this host's own, which no other file has`nListenPort = 51820`nAddress = 10.0.0.1/24`n`n[Peer]`nPublicKey = $($PeerKeys[0])`nAllowedIPs = 10.0.0.2/32"
        $config.Peers[0].Endpoint = 'no endpoint'
        $problem = & { $config | ConvertTo-WgConfig -ErrorAction Continue } 2>&1
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidValue,*'
        "$problem" | Should -BeLike 'Peers`[0`].Endpoint: *'
    }

    It 'strips as wg-quick does' -Skip:(-not (Get-Command wg-quick -ErrorAction Ignore)) {
        $path = New-TestConfig strip "Address = 10.0.0.1/24`nDNS = 10.0.0.53`nMTU = 1400`nTable = off`nFwMark = 0x33`nPostUp = true`nSaveConfig = true"
        $theirs = (wg-quick strip $path) -join "`n" | ConvertFrom-WgConfig
        $ours = ConvertFrom-WgConfig -Path $path | ConvertTo-WgConfig -Strip -IncludeSecret | ConvertFrom-WgConfig
        $ours | ConvertTo-WgConfig -IncludeSecret | Should -BeExactly ($theirs | ConvertTo-WgConfig -IncludeSecret)
        $ours.FwMark | Should -Be 0x33
        $ours.Addresses | Should -BeNullOrEmpty
    }

    It 'shows a running tunnel' {
        Start-WgTunnel (New-TestConfig wgp1 'Address = 10.0.0.1/24')
        $tunnel = Get-WgTunnel wgp1
        $text = $tunnel | ConvertTo-WgConfig
        $text | Should -BeLike "*`n# PrivateKey is left out`nListenPort = 51820`nAddress = 10.0.0.1/24`n*# Name = peer-0`n*"
        Get-ErrorId { $tunnel | ConvertTo-WgConfig -IncludeSecret } | Should -BeLike 'InvalidValue,*'
        Get-WgTunnel wgp1 -IncludeSecret | ConvertTo-WgConfig -IncludeSecret | Should -BeExactly ($text -replace '# PrivateKey is left out', (Select-String '^PrivateKey.*' "$Work/etc/wgp1.conf").Matches.Value)
        Stop-WgTunnel wgp1
    }
}

Describe 'Export-WgConfig' {
    BeforeEach {
        $Folder = "$Work/out"
        Remove-Item -Recurse -Force $Folder -ErrorAction Ignore
        $Configs = 'a', 'b' | ForEach-Object { [WireGuard.WgConfig]@{ Name = $_; PrivateKey = (New-WgKey).PrivateKey; Addresses = '10.0.0.1/24' } }
    }

    It 'writes a file for each, that nobody else can read' {
        $written = $Configs | Export-WgConfig -Directory $Folder -PassThru
        $written | Should -BeOfType IO.FileInfo
        $written.FullName | Should -Be "$Folder/a.conf", "$Folder/b.conf"
        $written.UnixFileMode | Should -Be 'UserWrite, UserRead', 'UserWrite, UserRead'
        (Get-ChildItem $Folder -Force).Name | Should -Be 'a.conf', 'b.conf'
        $written | Test-WgConfig | Should -Be $true, $true
        $read = $written | ForEach-Object { ConvertFrom-WgConfig -Path $_.FullName }
        ConvertFrom-Secure $read[1].PrivateKey | Should -Be (ConvertFrom-Secure $Configs[1].PrivateKey)
        ($Configs | Export-WgConfig -Directory $Folder -Force -PassThru | Start-WgTunnel -PassThru).Name | Should -Be 'a', 'b'
        Stop-WgTunnel a, b
    }

    It 'marks where the private key goes that is not there, which nobody takes for one' {
        [WireGuard.WgConfig]@{ Name = 'a'; Addresses = '10.0.0.1/24' } | Export-WgConfig -Directory $Folder
        (Get-Content $Folder/a.conf)[1] | Should -BeLike '# PrivateKey goes here*'
        (ConvertFrom-WgConfig -Path $Folder/a.conf).PrivateKey | Should -BeNullOrEmpty
        (Get-Content -Raw $Folder/a.conf) -replace '(?m)^# PrivateKey goes here.*$', "PrivateKey = $(New-WgKey -AsPlainText)" | Set-Content $Folder/a.conf
        Test-WgConfig $Folder/a.conf -Detailed | Should -BeNullOrEmpty
        $Configs[1] | Export-WgConfig -Directory $Folder
        Get-Content $Folder/b.conf | Should -Not -BeLike '# PrivateKey*'
    }

    It 'leaves what is there alone unless forced, and never writes two to one' {
        $Configs[0] | Export-WgConfig -Directory $Folder
        $before = Get-Content -Raw $Folder/a.conf
        $Configs | Export-WgConfig -Directory $Folder -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        $problems[0].ErrorDetails.RecommendedAction | Should -Match '-Force'
        Get-Content -Raw $Folder/a.conf | Should -BeExactly $before
        "$Folder/b.conf" | Should -Exist
        Get-ErrorId { $Configs | Export-WgConfig $Folder/a.conf -Force } | Should -BeLike 'FileExists,*'
        ConvertFrom-Secure (ConvertFrom-WgConfig -Path $Folder/a.conf).PrivateKey | Should -Be (ConvertFrom-Secure $Configs[0].PrivateKey)
        Get-ErrorId { $Configs[0] | Export-WgConfig $Folder } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { $Configs[0] | Export-WgConfig $Folder/none/a.conf } | Should -BeLike 'WriteFailed,*'
        Get-ErrorId { [WireGuard.WgConfig]::new() | Export-WgConfig -Directory $Folder } | Should -BeLike 'InvalidTunnelName,*'
    }

    It 'writes from the location, not from the process''s folder' {
        $null = New-Item -ItemType Directory $Folder
        Push-Location $Folder
        try { $Configs[0] | Export-WgConfig ./here.conf }
        finally { Pop-Location }
        "$Folder/here.conf" | Should -Exist
    }

    It 'checks and writes nothing with -WhatIf' {
        $Configs | Export-WgConfig -Directory $Folder -WhatIf
        $Folder | Should -Not -Exist
        Get-ErrorId { [WireGuard.WgConfig]@{ Name = 'c'; Mtu = 5 } | Export-WgConfig -Directory $Folder -WhatIf } | Should -BeLike 'InvalidValue,*'
    }

    It 'writes a running tunnel only with its keys' {
        Start-WgTunnel (New-TestConfig wgp1)
        Get-ErrorId { Get-WgTunnel wgp1 | Export-WgConfig -Directory $Folder } | Should -BeLike 'InvalidValue,*'
        "$Folder/wgp1.conf" | Should -Not -Exist
        Get-WgTunnel wgp1 -IncludeSecret | Export-WgConfig -Directory $Folder
        (ConvertFrom-WgConfig -Path $Folder/wgp1.conf).Peers.Name | Should -Be 'peer-0', 'peer-1', 'peer-2'
        Stop-WgTunnel wgp1
    }
}

Describe 'ConvertTo-WgDump' {
    It 'writes lines of tabs, keys hidden unless they were asked for' {
        Start-WgTunnel (New-TestConfig wgp1), (New-TestConfig wgp2)
        $lines = Get-WgTunnel | ConvertTo-WgDump
        $lines | Should -HaveCount 8
        $lines[0] | Should -BeLike "(hidden)`t*`t51820`toff"
        ($lines[1] -split "`t")[0, 1, 5, 6, 7] | Should -Be $PeerKeys[0], '(none)', '1234567', '89', 'off'
        (Get-WgTunnel wgp2 | ConvertTo-WgDump -All) | Should -BeLike "wgp2`t*"
        $key = (Select-String '^PrivateKey = (.*)' "$Work/etc/wgp1.conf").Matches[0].Groups[1].Value
        (Get-WgTunnel wgp1 -IncludeSecret | ConvertTo-WgDump)[0] | Should -BeLike "$key`t*"
        Stop-WgTunnel wgp1, wgp2
    }
}

Describe 'New-WgQrCode' {
    BeforeAll { $Phone = [WireGuard.WgConfig]@{ Name = 'phone'; PrivateKey = (New-WgKey).PrivateKey; Addresses = '10.0.0.7/32'; PostUp = 'true'; Peers = @(@{ PublicKey = $PeerKeys[0] }) } }

    It 'draws a configuration, and warns of the key' {
        $text = $Phone | New-WgQrCode -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike "The code has the private key of 'phone' in it: *"
        $lines = $text -split "`n"
        $lines[0].Length | Should -BeGreaterThan 40
        $lines[0] | Should -Be ([string][char]0x2588 * $lines[0].Length)
        ($Phone | New-WgQrCode -Invert -WarningAction SilentlyContinue) -split "`n" | Select-Object -First 1 | Should -Be (' ' * $lines[0].Length)
    }

    It 'writes <Extension> that nobody else can read' -ForEach @{ Extension = 'svg' }, @{ Extension = 'png' } {
        $path = "$Work/code.$Extension"
        $file = $Phone | New-WgQrCode -Path $path -PassThru -WarningAction SilentlyContinue
        $file.FullName | Should -Be $path
        $file.UnixFileMode | Should -Be 'UserWrite, UserRead'
        if ($Extension -eq 'svg') { ([xml](Get-Content -Raw $path)).svg.path.d | Should -Match '^M4 4h1v1h-1z' }
        else { [BitConverter]::ToString([IO.File]::ReadAllBytes($path)[0..7]) | Should -Be '89-50-4E-47-0D-0A-1A-0A' }
        Get-ErrorId { $Phone | New-WgQrCode -Path $path -WarningAction SilentlyContinue } | Should -BeLike 'FileExists,*'
        $Phone | New-WgQrCode -Path $path -Force -WhatIf -WarningAction SilentlyContinue
    }

    It 'gives no two the same file, -Force or not' {
        $other = [WireGuard.WgConfig]@{ Name = 'tablet'; Peers = @(@{ PublicKey = $PeerKeys[0] }) }
        $Phone, $other | New-WgQrCode -Path "$Work/both.svg" -Force -WarningAction SilentlyContinue -ErrorVariable problems -ErrorAction SilentlyContinue
        $problems.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        "$problems" | Should -BeLike "*has the code of 'phone', which came before 'tablet'*"
        $drawn = Get-Content -Raw "$Work/both.svg"
        $Phone | New-WgQrCode -Path "$Work/both.svg" -Force -WarningAction SilentlyContinue
        Get-Content -Raw "$Work/both.svg" | Should -Be $drawn
    }

    It 'says what it cannot draw' {
        Get-ErrorId { $Phone | New-WgQrCode -Path $Work/code.gif -WarningAction SilentlyContinue } | Should -BeLike 'InvalidValue,*'
        $large = [WireGuard.WgConfig]@{ Peers = @(1..40 | ForEach-Object { @{ PublicKey = (New-WgKey).PublicKey; AllowedIPs = "10.0.0.$_/32" } }) }
        Get-ErrorId { $large | New-WgQrCode } | Should -BeLike 'InvalidValue,*'
        Start-WgTunnel (New-TestConfig wgq)
        Get-ErrorId { Get-WgTunnel wgq | New-WgQrCode } | Should -BeLike 'InvalidValue,*'
        Stop-WgTunnel wgq
    }
}
