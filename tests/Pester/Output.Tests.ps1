BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    Start-WgTunnel (New-TestConfig wgp0)
    $null = New-TestConfig wgp9
    $PSStyle.OutputRendering = 'PlainText'
}

AfterAll {
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Views' {
    It 'shows peers as a table of at most 100 columns with readable quantities' {
        $text = Get-WgPeer | Out-String -Width 100
        $text | Should -Match 'never'
        $text | Should -Match '10m 0\ds'
        $text | Should -Match '1\.18 MiB'
        $text -split "`n" | ForEach-Object { $_.TrimEnd().Length | Should -BeLessOrEqual 100 }
        $text | Should -Match 'AllowedIPs'
    }

    It 'shortens keys of nameless peers in tables, not in lists' {
        $key = 'm0qyo6rg2ZMIrDkYVAW0rDmFVnF1hUqRdsyTZ9WbLgU='
        Add-WgPeer wgp0 $key
        Get-WgPeer wgp0 $key | Format-Table | Out-String -Width 100 | Should -Match 'm0qyo6rg…'
        Get-WgPeer wgp0 $key | Format-List | Out-String -Width 100 | Should -BeLike "*$key*"
        Remove-WgPeer wgp0 $key
    }

    It 'shows tunnels and engines as tables' {
        Get-WgTunnel | Out-String -Width 100 | Should -Match 'wgp0\s+Up\s+51820\s+3'
        Get-WgStatus | Out-String -Width 100 | Should -Match 'wgp0\s+\d+\s+0\.0\.0-fake.*1/3'
    }

    It 'stays useful as JSON' {
        $peer = Get-WgPeer wgp0 $PeerKeys[0] | ConvertTo-Json | ConvertFrom-Json
        $peer.Tunnel, $peer.PublicKey, $peer.RxBytes | Should -Be 'wgp0', $PeerKeys[0], 1234567
        $tunnel = Get-WgTunnel | ConvertTo-Json -Depth 3 | ConvertFrom-Json
        $tunnel.State | Should -BeExactly 'Up'
        $tunnel.Peers[0].AllowedIPs | Should -Be '10.0.0.2/32'
        (Test-WgConfig (New-TestConfig json 'Colour = blue') -Detailed | ConvertTo-Json | ConvertFrom-Json).Severity | Should -BeExactly 'Error'
    }

    It 'stays useful across remoting''s serialisation' {
        $copies = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((Get-WgPeer)))
        ($copies | Where-Object HandshakeAge -GT (New-TimeSpan -Minutes 3)).PublicKey | Should -Be $PeerKeys[1, 2]
        $copies[0] | Remove-WgPeer -WhatIf
    }

    It 'takes back from Export-Clixml what it gave, as it was' {
        $path = Join-Path $TestDrive objects.xml
        $tunnel = Get-WgTunnel wgp0 -IncludeSecret
        $tunnel | Export-Clixml $path
        $copy = Import-Clixml $path
        $copy | ConvertTo-WgConfig -IncludeSecret | Should -Be ($tunnel | ConvertTo-WgConfig -IncludeSecret)
        $copy | ConvertTo-WgDump | Should -Be ($tunnel | ConvertTo-WgDump)
        $file = $copy | Export-WgConfig (Join-Path $TestDrive copy.conf) -PassThru
        $config = ConvertFrom-WgConfig -Path $file.FullName
        $config | Export-Clixml $path
        Import-Clixml $path | ConvertTo-WgConfig -IncludeSecret | Should -Be ($config | ConvertTo-WgConfig -IncludeSecret)
    }

    It 'takes tunnels and configurations from a job with all their peers' {
        $here = Get-WgTunnel wgp0 -IncludeSecret
        $tunnel, $config = Start-Job -ArgumentList (Get-TestModulePath) {
            Import-Module $args[0]
            Get-WgTunnel wgp0 -IncludeSecret
            Get-WgTunnel wgp0 -IncludeSecret | ConvertTo-WgConfig -IncludeSecret | ConvertFrom-WgConfig -Name wgp0
        } | Receive-Job -Wait -AutoRemoveJob
        $tunnel.Peers.AllowedIPs | Should -Be $here.Peers.AllowedIPs
        $tunnel | ConvertTo-WgConfig -IncludeSecret | Should -Be ($here | ConvertTo-WgConfig -IncludeSecret)
        $tunnel | ConvertTo-WgDump | Should -Be ($here | ConvertTo-WgDump)
        $config | ConvertTo-WgConfig -IncludeSecret | Should -Be ($here | ConvertTo-WgConfig -IncludeSecret)
    }

    It 'takes no tunnel whose peers have become text' {
        $tunnel = Get-WgTunnel wgp0
        $bag = [pscustomobject]@{ PSTypeName = 'Deserialized.WireGuard.WgTunnel'; Name = 'wgp0'; PeerCount = 3; Peers = [string[]]$tunnel.Peers }
        foreach ($command in 'ConvertTo-WgConfig', 'ConvertTo-WgDump') {
            { $bag | & $command -ErrorAction Stop } | Should -Throw '*3 peers, of which 0 have come*'
        }
    }

    It 'carries an enrollment server''s lists through a job' {
        (Get-TypeData WireGuard.WgEnrollment).SerializationDepth | Should -Be 3
    }

    It 'takes from peers of Import-Clixml their identity alone, as from others' {
        $path = Join-Path $TestDrive peers.xml
        Get-WgPeer wgp0 | Export-Clixml $path
        Set-WgPeer wgp0 peer-1 -Endpoint 198.51.100.1:1
        (Import-Clixml $path | Set-WgPeer -PersistentKeepalive 9 -PassThru).PersistentKeepalive | Should -Be 9, 9, 9
        (Get-WgPeer wgp0 peer-1).Endpoint | Should -Be '198.51.100.1:1'
        Import-Clixml $path | Remove-WgPeer | Should -Not -BeNullOrEmpty
        Get-WgPeer wgp0 | Should -BeNullOrEmpty
        (Import-Clixml $path | Add-WgPeer -PassThru).Name | Should -Be 'peer-0', 'peer-1', 'peer-2'
        (Get-WgPeer wgp0 peer-1).AllowedIPs | Should -Be (Import-Clixml $path)[1].AllowedIPs
    }
}

Describe 'Every type that is emitted' {
    BeforeDiscovery {
        . $PSScriptRoot/Common.ps1
        $Types = [WireGuard.WgTunnel].Assembly.GetExportedTypes() |
            Where-Object { $_.Namespace -eq 'WireGuard' -and -not $_.IsEnum -and -not $_.IsAbstract } | ForEach-Object { @{ Type = $_.FullName } }
    }

    BeforeAll {
        # One of each, every property with a value as long as it may be.
        function New-Sample([type] $Type) {
            $sample = [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject($Type)
            foreach ($property in $Type.GetProperties() | Where-Object { $_.CanWrite }) {
                $kind = [Nullable]::GetUnderlyingType($property.PropertyType) ?? $property.PropertyType
                $value = switch ($kind) {
                    ([string]) {
                        switch -Wildcard ($property.Name) {
                            '*Key' { $PeerKeys[0] }
                            'Peer' { $PeerKeys[0] }
                            'Severity' { 'Warning' }
                            'State' { 'Stopped' }
                            'Endpoint' { '[2001:db8:1111:2222:3333:4444:5555:6666]:51820' }
                            default { 'x' * 15 }
                        }
                    }
                    ([string[]]) { '2001:db8:1111:2222:3333:4444:5555:6666/128', '10.0.0.1/32' }
                    ([securestring]) { ConvertTo-SecureString -AsPlainText 'secret' -Force }
                    ([bool]) { $true }
                    ([DateTimeOffset]) { [DateTimeOffset]::UtcNow }
                    ([timespan]) { [timespan]::FromSeconds(1234) }
                    default {
                        if ($kind.IsArray -and $kind.GetElementType().Namespace -eq 'WireGuard') { , @(New-Sample $kind.GetElementType()) }
                        elseif ($kind.IsArray) { , @() }
                        elseif ($kind.IsValueType) { [Convert]::ChangeType(123, $kind) }
                        else { $null }
                    }
                }
                if ($null -ne $value) { $property.SetValue($sample, $value -as $property.PropertyType) }
            }
            $sample
        }
    }

    It '<Type> survives remoting and Export-Clixml' -ForEach $Types {
        $sample = New-Sample $Type
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($sample))
        $copy.PSObject.TypeNames[0] | Should -Be "Deserialized.$Type"
        foreach ($property in $sample.PSObject.Properties | Where-Object { $_.Value -is [string] -or $_.Value -is [ValueType] }) {
            # Times become text, which reads as the same time; where peers travel with their tunnel, parts, of which one is a time.
            if ($property.Value -is [DateTimeOffset]) {
                $time = $copy.($property.Name)
                ([DateTimeOffset]($time.UtcDateTime ?? $time)).ToUnixTimeSeconds() | Should -Be $property.Value.ToUnixTimeSeconds()
            }
            else { $copy.($property.Name) | Should -Be $property.Value -Because $property.Name }
        }
        $lists = $sample.PSObject.Properties | Where-Object { $_.Value -is [string[]] }
        foreach ($list in $lists) { $copy.($list.Name) | Should -Be $list.Value -Because $list.Name }
        ($copy | Format-List | Out-String).Trim() | Should -Not -BeNullOrEmpty
    }

    It '<Type> is clean JSON three levels deep, with no secret in it' -ForEach $Types {
        $json = New-Sample $Type | ConvertTo-Json -Depth 3 -WarningAction Stop
        $json | Should -Not -Match 'secret'
        $json | Should -Not -Match 'System\.'
        $json | ConvertFrom-Json | Should -Not -BeNullOrEmpty
    }

    It '<Type> is a table of at most 100 columns without colours of its own, and shows no secret' -ForEach $Types {
        $sample = New-Sample $Type
        $text = $sample, $sample | Format-Table | Out-String -Width 200
        foreach ($line in $text -split "`n") { $line.TrimEnd().Length | Should -BeLessOrEqual 100 -Because $line }
        $PSStyle.OutputRendering = 'Host'
        try {
            $file = "$Work/view.txt"
            $sample | Out-File $file
            $sample | Format-List | Out-File $file -Append
            Get-Content -Raw $file | Should -Not -Match "`e|secret"
        }
        finally { $PSStyle.OutputRendering = 'PlainText' }
    }
}

Describe 'Completion' {
    BeforeAll {
        function Complete([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches.CompletionText }
    }

    It 'completes tunnels, configurations, keys and names' {
        Complete 'Get-WgTunnel wg' | Should -Be 'wgp0'
        Complete 'Stop-WgTunnel -Name ' | Should -Be 'wgp0'
        Complete 'Start-WgTunnel -Name wgp' | Should -Be 'wgp0', 'wgp9'
        Complete 'Remove-WgPeer wgp0 ' | Should -Be ($PeerKeys | ForEach-Object { "'$_'" })
        Complete 'Set-WgPeer -Tunnel wgp0 -PublicKey peer-1' | Should -Be "'$($PeerKeys[1])'"
        Complete 'Get-WgPeer wgp0 -PeerName peer-2' | Should -Be 'peer-2'
    }
}

Describe 'Test-WgConfig' {
    It 'answers with a bool' {
        $good = New-TestConfig good
        $bad = New-TestConfig bad 'Colour = blue'
        Test-WgConfig $good | Should -BeTrue
        Test-WgConfig $bad | Should -BeFalse
        $good, $bad | Test-WgConfig | Should -Be $true, $false
        Get-ChildItem $Work/etc/bad.conf | Test-WgConfig | Should -BeFalse
        Test-WgConfig "$Work/etc/[gb]*d.conf" | Should -Be $false, $true
        Test-WgConfig $good | Should -BeOfType bool
    }

    It 'says what is wrong, and where' {
        $found = Test-WgConfig (New-TestConfig bad 'Colour = blue') -Detailed
        $found | Should -BeOfType WireGuard.WgConfigDiagnostic
        $found.Line | Should -Contain 4
        "$($found[0])" | Should -Match 'bad\.conf:4:\d+: error: '
        Test-WgConfig (New-TestConfig good) -Detailed | Should -BeNullOrEmpty
    }

    It 'shows whole messages, file by file' {
        $more = "Colour = blue`
ListenPort = a-port-that-is-no-number`
Address = 10.0.0.300/24"
        $bad = (New-TestConfig bad $more), (New-TestConfig worse $more)
        $found = Test-WgConfig $bad -Detailed
        $text = $found | Out-String -Width 80
        foreach ($path in $bad) { $text | Should -BeLike "*File: $path*" }
        $text | Should -Not -BeLike '*…*'
        $words = $text -replace '\s+', ' '
        foreach ($id in $found.Id) { $words | Should -BeLike "* $id *" }
        foreach ($word in ($found.Message -split '\s+')) { ($text -replace '\s+').Contains($word) | Should -BeTrue -Because $word }
    }

    It 'recommends no parameter that the cmdlet lacks' {
        foreach ($command in 'Test-WgConfig', 'Start-WgTunnel') {
            $problem = & { & $command ./nowhere.conf -ErrorAction Continue } 2>&1
            $problem.ErrorDetails.RecommendedAction | Should -Match 'NAME means /etc/wireguard/NAME\.conf'
            $problem.ErrorDetails.RecommendedAction | Should -Not -Match '-Name'
        }
    }

    It 'never shows a key that was piped instead of a file, nor does <_>' -ForEach 'Test-WgConfig', 'Start-WgTunnel', 'Get-WgTunnel', 'Stop-WgTunnel' {
        $config = New-TestConfig content "PrivateKey=$(New-WgKey -AsPlainText)`n$(New-WgKey -AsPlainText)"
        $keys = (Get-Content $config | Select-String '[A-Za-z0-9+/]{43}=').Matches.Value | Where-Object { $_ -notin $PeerKeys }
        $keys | Should -HaveCount 3
        $null = Get-Content $config | & $_ -ErrorVariable problems -ErrorAction SilentlyContinue
        @($problems).Count | Should -BeGreaterOrEqual 3
        $text = ($problems | ForEach-Object { $_; $_.Exception; $_.TargetObject; "$($_.CategoryInfo)"; Get-Error -InputObject $_ } | Out-String -Width 500)
        foreach ($key in $keys) { $text.Contains($key) | Should -BeFalse }
        $text | Should -BeLike '*(hidden: it looks like a key)*'
    }

    It 'misses a file that is not there' {
        Get-ErrorId { Test-WgConfig ./nowhere.conf } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Test-WgConfig -LiteralPath './[x].conf' } | Should -BeLike 'ConfigNotFound,*'
    }
}
