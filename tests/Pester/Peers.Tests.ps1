BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $New = 'm0qyo6rg2ZMIrDkYVAW0rDmFVnF1hUqRdsyTZ9WbLgU='
}

AfterAll { Exit-FakeEngine }

Describe 'Peers' {
    BeforeEach { Start-WgTunnel (New-TestConfig wgp0) }
    AfterEach { Get-WgTunnel | Stop-WgTunnel }

    Context 'Get-WgPeer' {
        It 'gets all, by tunnel, by key and by name' {
            (Get-WgPeer).PublicKey | Should -Be $PeerKeys
            (Get-WgPeer wgp0).Tunnel | Select-Object -Unique | Should -Be 'wgp0'
            (Get-WgPeer wgp0 $PeerKeys[1]).PublicKey | Should -Be $PeerKeys[1]
            (Get-WgPeer -PeerName peer-2).PublicKey | Should -Be $PeerKeys[2]
            (Get-WgPeer wgp0 PEER-2).PublicKey | Should -Be $PeerKeys[2]
            (Get-WgPeer wgp0 peer-2, $PeerKeys[2], $PeerKeys[1]).PublicKey | Should -Be $PeerKeys[2, 1]
            { Get-WgPeer wgp0 nobody -ErrorAction Stop } | Should -Throw "'nobody' is neither a public key nor the name of a peer of tunnel 'wgp0'." -ErrorId 'PeerNotFound,*'
            (Get-WgPeer -PeerName peer-*).Count | Should -Be 3
            (Get-WgPeer -Name wgp0).Count | Should -Be 3
        }

        It 'takes tunnels and peers from the pipeline' {
            (Get-WgTunnel | Get-WgPeer).PublicKey | Should -Be $PeerKeys
            'wgp0' | Get-WgPeer -PublicKey $PeerKeys[0] | Should -HaveCount 1
            Get-WgStatus | Get-WgPeer | Should -HaveCount 3
        }

        It 'stands for its tunnel where tunnels are taken, whatever its own name is' {
            $peer = Get-WgPeer wgp0 peer-1
            ($peer | Get-WgTunnel).Name | Should -Be 'wgp0'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($peer))
            ($copy | Get-WgStatus).Tunnel | Should -Be 'wgp0'
            ($peer | Stop-WgTunnel -PassThru).Name | Should -Be 'wgp0'
        }

        It 'says of a wildcard that is none that it is none' {
            Get-ErrorId { Get-WgTunnel 'wg[' } | Should -BeLike 'InvalidTunnelName,*'
            Get-ErrorId { Get-WgPeer wgp0 -PeerName '[' } | Should -BeLike 'InvalidValue,*'
            Get-ErrorId { Get-WgPeer wgp0 '[' } | Should -BeLike 'InvalidValue,*'
        }

        It 'finds a peer by its name, whatever characters that has' -ForEach '*', 'a[b]', 'a[', '?' {
            Set-WgPeer wgp0 peer-1 -PeerName $_
            (Get-WgPeer wgp0 -PeerName $_).PublicKey | Should -Be $PeerKeys[1]
            (Get-WgPeer wgp0 $_).PublicKey | Should -Be $PeerKeys[1]
            $line = "Get-WgPeer wgp0 -PeerName $($_[0])"
            $completed = (TabExpansion2 $line $line.Length).CompletionMatches | Where-Object ListItemText -EQ $_
            (Invoke-Expression "Get-WgPeer wgp0 -PeerName $($completed.CompletionText)").PublicKey | Should -Be $PeerKeys[1]
        }

        It 'does so in every cmdlet that takes tunnels from the pipeline' {
            $named = (Get-Command -Module WireGuard).Parameters.Values | Where-Object { $_.Aliases -contains 'Tunnel' -and $_.ParameterType -eq [string[]] -and $_.Attributes.ValueFromPipeline -contains $true }
            $named.Count | Should -BeGreaterThan 10
            $named | ForEach-Object { $_.Attributes.TypeId.Name | Should -Contain 'TunnelOfPeerTransformationAttribute' }
        }

        It 'finds peers without a handshake among the old ones, never among the young' {
            (Get-WgPeer | Where-Object HandshakeAge -GT (New-TimeSpan -Minutes 3)).PublicKey | Should -Be $PeerKeys[1, 2]
            (Get-WgPeer | Where-Object HandshakeAge -LT (New-TimeSpan -Minutes 3)).PublicKey | Should -Be $PeerKeys[0]
            (Get-WgPeer | Where-Object IsStale).PublicKey | Should -Be $PeerKeys[1, 2]
            (Get-WgPeer | Sort-Object HandshakeAge).PublicKey | Should -Be $PeerKeys
            (Get-WgPeer wgp0 $PeerKeys[2]).LastHandshake | Should -Be $null
        }

        It 'tells apart a missing and a malformed key' {
            Get-ErrorId { Get-WgPeer wgp0 $New } | Should -BeLike 'PeerNotFound,*'
            Get-ErrorId { Get-WgPeer wgp0 abc } | Should -BeLike 'PeerNotFound,*'
            Get-ErrorId { Get-WgPeer wgp0 $New.Replace('m0q', 'm0?') } | Should -BeLike 'InvalidKey,*'
            Get-ErrorId { Get-WgPeer -PublicKey abc } | Should -BeNullOrEmpty
            Get-ErrorId { Get-WgPeer wgp0 -PeerName nobody } | Should -BeLike 'PeerNotFound,*'
            Get-ErrorId { Get-WgPeer wgp0 -PeerName nobody* } | Should -BeNullOrEmpty
            Get-ErrorId { Get-WgPeer -PublicKey $New } | Should -BeNullOrEmpty
        }
    }

    Context 'Add-WgPeer' {
        It 'adds everything that is given' {
            $psk = New-WgPresharedKey
            $peer = Add-WgPeer wgp0 $New 10.9.0.7/24, fd00::7 -PeerName laptop -Endpoint 192.0.2.9:4500 -PresharedKey $psk.PresharedKey -PersistentKeepalive 25 -PassThru
            $peer.Name | Should -Be 'laptop'
            $peer.AllowedIPs | Should -Be '10.9.0.0/24', 'fd00::7/128'
            $peer.Endpoint | Should -Be '192.0.2.9:4500'
            $peer.PersistentKeepalive | Should -Be 25
            $peer.HasPresharedKey | Should -BeTrue
            $peer.PresharedKey | Should -BeNullOrEmpty
            $there = (Get-WgPeer wgp0 $New -IncludeSecret).PresharedKey | ConvertFrom-SecureString -AsPlainText
            $there | Should -Be ($psk.PresharedKey | ConvertFrom-SecureString -AsPlainText)
        }

        It 'emits what has changed, and with -WhatIf what would' {
            $foreseen = Add-WgPeer wgp0 $New 10.9.0.1 -PeerName laptop -WhatIf
            Get-WgPeer wgp0 | Should -HaveCount 3
            $changes = Add-WgPeer wgp0 $New 10.9.0.1 -PeerName laptop
            "$foreseen" | Should -Be "$changes"
            $changes.Changed | Should -Be $true, $true, $true
            $changes.ForEach({ "$($_.Kind) $($_.Property) $($_.PeerName)" }) | Should -Be 'Added Peer laptop', 'Added Name laptop', 'Added AllowedIP laptop'
            $changes[0].GetType().FullName | Should -Be 'WireGuard.WgChange'
            Get-WgPeer wgp0 | Should -HaveCount 4
        }

        It 'adds again what is there just so, and what is there otherwise not' {
            $arguments = @{ Tunnel = 'wgp0'; PublicKey = $New; AllowedIP = '10.9.0.1', 'fd00::9'; PeerName = 'laptop'; PersistentKeepalive = 25; PresharedKey = (New-WgPresharedKey).PresharedKey }
            Add-WgPeer @arguments | Should -HaveCount 6
            Add-WgPeer @arguments | Should -BeNullOrEmpty
            Add-WgPeer @arguments -WhatIf | Should -BeNullOrEmpty
            (Add-WgPeer @arguments -PassThru).Name | Should -Be 'laptop'
            $arguments.PeerName = 'tablet'
            { Add-WgPeer @arguments -ErrorAction Stop } | Should -Throw "Tunnel 'wgp0' has the peer $New already, with *" -ErrorId 'PeerExists*'
            { Add-WgPeer @arguments -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId 'PeerExists*'
        }

        It 'adds from CSV and fails item by item' {
            $rows = @"
PublicKey,PeerName,AllowedIPs,Endpoint,PersistentKeepalive
$New,one,"10.9.0.1/32, fd00::1/128",,25
abc,two,10.9.0.2/32,,0
$($PeerKeys[0]),three,10.9.0.3/32,,0
FiAMZS5Y/S8xYFEAdNUIMSWnWoqHln84XbM914Bcpm4=,four,10.9.0.400/32,,0
TV9a/5GCedRg+OTLFLn/XaCHOiyAviz2LaSkbejyHGE=,five,10.9.0.5/32,nowhere,0
9oJnx89kyDscS9lNt14odySP7CTvIuY5RGsE3T/0NBg=,six,10.9.0.6/32,vpn.example.org:51820,0
"@ | ConvertFrom-Csv
            $added = $rows | Add-WgPeer -Tunnel wgp0 -PassThru -ErrorVariable problems -ErrorAction SilentlyContinue
            $added.Name | Should -Be 'one', 'six'
            $added[0].AllowedIPs | Should -Be '10.9.0.1/32', 'fd00::1/128'
            $ids = $problems.FullyQualifiedErrorId -replace ',.*'
            $ids | Should -Be 'InvalidKey', 'PeerExists', 'InvalidAllowedIP', 'InvalidEndpoint'
            $problems[1].TargetObject | Should -Be $PeerKeys[0]
            $problems.ErrorDetails.RecommendedAction | Should -Not -Contain $null
        }

        It 'reads back what was exported to CSV' {
            Set-WgPeer wgp0 $PeerKeys[0] -AllowedIP fd00::9/128 -Append
            $before = Get-WgPeer wgp0
            $before | Select-Object PublicKey, PeerName, Endpoint, PersistentKeepalive, @{ n = 'AllowedIPs'; e = { $_.AllowedIPs -join ',' } } |
                Export-Csv "$Work/peers.csv"
            $before | Remove-WgPeer
            Import-Csv "$Work/peers.csv" | Add-WgPeer -Tunnel wgp0
            $after = Get-WgPeer wgp0
            foreach ($property in 'PublicKey', 'Name', 'Endpoint', 'PersistentKeepalive', 'AllowedIPs') { $after.$property | Should -Be $before.$property }
            $after[0].AllowedIPs | Should -HaveCount 2
            (Set-WgPeer wgp0 $PeerKeys[1] -AllowedIP '10.4.0.0/16 10.5.0.0/16' -PassThru).AllowedIPs | Should -HaveCount 2
        }

        It 'copies peers from one tunnel to another' {
            Start-WgTunnel (New-TestConfig wgp1)
            Add-WgPeer wgp0 $New 10.9.0.1/32 -PeerName laptop
            Get-WgPeer wgp0 $New | Add-WgPeer -Tunnel wgp1
            $copy = Get-WgPeer wgp1 $New
            $copy.Name | Should -Be 'laptop'
            $copy.AllowedIPs | Should -Be '10.9.0.1/32'
        }

        It 'warns of a preshared key in clear' {
            Add-WgPeer wgp0 $New -PresharedKey (New-WgPresharedKey -AsPlainText) -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -HaveCount 1
            Get-ErrorId { Add-WgPeer wgp0 $New -PresharedKey short -WarningAction SilentlyContinue } | Should -BeLike 'InvalidKey,*'
        }

        It 'warns of it whatever comes through the pipeline, and not of one that comes there' {
            $psk = New-WgPresharedKey -AsPlainText
            Get-WgPeer wgp0 | Set-WgPeer -PresharedKey $psk -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -HaveCount 1
            "$warned".Contains($psk) | Should -BeFalse
            (Get-WgPeer wgp0).HasPresharedKey | Should -Be $true, $true, $true
            [pscustomobject]@{ PublicKey = $New } | Add-WgPeer -Tunnel wgp0 -PresharedKey $psk -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -HaveCount 1
            Remove-WgPeer wgp0 $New
            [pscustomobject]@{ PublicKey = $New; PresharedKey = $psk } | Add-WgPeer -Tunnel wgp0 -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -BeNullOrEmpty
            (Get-WgPeer wgp0 $New).HasPresharedKey | Should -BeTrue
        }

        It 'warns of prefixes that it takes from others, at Add and at Set' {
            Set-WgPeer wgp0 $PeerKeys[0] -PeerName bob -AllowedIP 10.9.0.1/32, 10.9.0.2/32
            Add-WgPeer wgp0 $New 10.9.0.1, 10.9.0.3 -PeerName new -WarningVariable warned -WarningAction SilentlyContinue
            "$warned" | Should -Be "10.9.0.1/32 was bob's and is now new's, in tunnel 'wgp0'."
            (Get-WgPeer wgp0 $PeerKeys[0]).AllowedIPs | Should -Be '10.9.0.2/32'
            Set-WgPeer wgp0 new -AllowedIP 10.9.0.2 -Append -WarningVariable warned -WarningAction SilentlyContinue
            "$warned" | Should -Be "10.9.0.2/32 was bob's and is now new's, in tunnel 'wgp0'."
            Set-WgPeer wgp0 new -AllowedIP 10.9.0.2, 10.9.0.4 -WarningVariable warned
            Set-WgPeer wgp0 new -PersistentKeepalive 5 -WarningVariable +warned
            Set-WgPeer wgp0 $PeerKeys[0] -AllowedIP 10.9.0.1 -WarningVariable +warned
            $warned | Should -BeNullOrEmpty
            Get-WgPeer wgp0 | Set-WgPeer -AllowedIP 10.9.0.9 -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -HaveCount 3
            "$($warned[-1])" | Should -BeLike "10.9.0.9/32 was *'s and is now new's*"
        }

        It 'takes a preshared key as New-WgPresharedKey makes it, and no other object' {
            $psk = New-WgPresharedKey
            Add-WgPeer wgp0 $New -PresharedKey $psk -WarningVariable warned
            Set-WgPeer wgp0 $PeerKeys[0] -PresharedKey $psk -WarningVariable +warned
            $warned | Should -BeNullOrEmpty
            $text = $psk.PresharedKey | ConvertFrom-SecureString -AsPlainText
            foreach ($key in $New, $PeerKeys[0]) {
                (Get-WgPeer wgp0 $key -IncludeSecret).PresharedKey | ConvertFrom-SecureString -AsPlainText | Should -Be $text
            }
            { Set-WgPeer wgp0 $New -PresharedKey (New-WgKey) } | Should -Throw -ErrorId 'CannotConvertArgument*'
        }

        It 'passes on what the engine cannot resolve' {
            Get-ErrorId { Add-WgPeer wgp0 $New -Endpoint unresolved.example:1 } | Should -BeLike 'EndpointUnresolved,*'
        }

        It 'misses a tunnel that is not there' {
            Get-ErrorId { Add-WgPeer nosuch $New } | Should -BeLike 'TunnelNotFound,*'
        }
    }

    Context 'Set-WgPeer' {
        It 'changes what is given and leaves the rest' {
            $before = Get-WgPeer wgp0 $PeerKeys[1]
            $after = Set-WgPeer wgp0 $PeerKeys[1] -PersistentKeepalive 15 -PassThru
            $after.PersistentKeepalive | Should -Be 15
            $after.Endpoint, $after.Name, "$($after.AllowedIPs)" | Should -Be $before.Endpoint, $before.Name, "$($before.AllowedIPs)"
        }

        It 'takes from a piped peer nothing but its identity' {
            $old = Get-WgPeer wgp0 $PeerKeys[0]
            Set-WgPeer wgp0 $PeerKeys[0] -Endpoint 198.51.100.1:1 -AllowedIP 10.1.0.0/16 -PeerName moved
            $after = $old | Set-WgPeer -PersistentKeepalive 5 -PassThru
            $after.Endpoint | Should -Be '198.51.100.1:1'
            $after.AllowedIPs | Should -Be '10.1.0.0/16'
            $after.Name | Should -Be 'moved'
            $after.PersistentKeepalive | Should -Be 5
        }

        It 'takes from other objects what has a parameter''s name' {
            $row = [pscustomobject]@{ Tunnel = 'wgp0'; PublicKey = $PeerKeys[0]; AllowedIPs = '10.2.0.0/16'; PeerName = 'row' }
            $after = $row | Set-WgPeer -PassThru
            $after.AllowedIPs | Should -Be '10.2.0.0/16'
            $after.Name | Should -Be 'row'
        }

        It 'replaces, appends and empties prefixes' {
            (Set-WgPeer wgp0 $PeerKeys[0] -AllowedIP 10.3.0.0/16 -PassThru).AllowedIPs | Should -Be '10.3.0.0/16'
            (Set-WgPeer wgp0 $PeerKeys[0] -AllowedIP fd00::/64 -Append -PassThru).AllowedIPs | Should -Be '10.3.0.0/16', 'fd00::/64'
            (Set-WgPeer wgp0 $PeerKeys[0] -AllowedIP @() -PassThru).AllowedIPs | Should -BeNullOrEmpty
        }

        It 'sets and clears preshared key and name' {
            (Set-WgPeer wgp0 $PeerKeys[0] -PresharedKey (New-WgPresharedKey).PresharedKey -PassThru).HasPresharedKey | Should -BeTrue
            (Set-WgPeer wgp0 $PeerKeys[0] -PersistentKeepalive 1 -PassThru).HasPresharedKey | Should -BeTrue
            (Set-WgPeer wgp0 $PeerKeys[0] -PresharedKey $null -PassThru).HasPresharedKey | Should -BeFalse
            (Set-WgPeer wgp0 $PeerKeys[0] -PeerName '' -PassThru).Name | Should -BeNullOrEmpty
        }

        It 'changes a peer of every tunnel that has it, and all peers of a tunnel' {
            Get-WgPeer | Set-WgPeer -PersistentKeepalive 25
            (Get-WgPeer).PersistentKeepalive | Should -Be 25, 25, 25
            Get-ErrorId { Set-WgPeer wgp0 $New -PersistentKeepalive 1 } | Should -BeLike 'PeerNotFound,*'
            { Set-WgPeer wgp0 $New -PersistentKeepalive 65536 } | Should -Throw
        }
    }

    Context '-WhatIf' {
        It 'says what the real run does: <_>' -ForEach @(
            'Add-WgPeer wgp0 $New 10.0.0.2 -PeerName new'
            'Add-WgPeer wgp0 $PeerKeys[0]'
            'Add-WgPeer nosuch $New'
            'Add-WgPeer wgp0 $New -Endpoint unresolved.example:1'
            'Add-WgPeer wgp0 $New 10.0.0.400'
            'Set-WgPeer wgp0 peer-1 -PersistentKeepalive 11 -AllowedIP 10.0.0.2 -Append'
            'Set-WgPeer wgp0 peer-1 -PeerName peer-1'
            'Set-WgPeer wgp0 $New -PeerName new'
            'Set-WgPeer wgp0 nobody -PeerName new'
            'Remove-WgPeer wgp0 peer-2'
            'Remove-WgPeer wgp0 $New'
            'Get-WgPeer wgp0 | Remove-WgPeer'
            'Remove-WgPeer nosuch $New'
            'Stop-WgTunnel nosuch'
        ) {
            $state = { (Get-WgPeer wgp0).ForEach({ "$($_.PublicKey) $($_.Name) $($_.AllowedIPs) $($_.PersistentKeepalive)" }) }
            $before = & $state
            $run = { param($Code) try { & ([scriptblock]::Create($Code)) 3>$null } catch { $_.FullyQualifiedErrorId } }
            $foreseen = & $run "$_ -WhatIf"
            & $state | Should -Be $before
            (& $run $_ | Out-String) | Should -Be ($foreseen | Out-String)
        }
    }

    Context 'Remove-WgPeer' {
        It 'removes by key and from the pipeline' {
            Remove-WgPeer wgp0 $PeerKeys[0]
            (Get-WgPeer wgp0 $PeerKeys[1] | Remove-WgPeer -PassThru).PublicKey | Should -Be $PeerKeys[1]
            (Get-WgPeer).PublicKey | Should -Be $PeerKeys[2]
            Get-ErrorId { Remove-WgPeer wgp0 $PeerKeys[0] } | Should -BeLike 'PeerNotFound,*'
            Get-ErrorId { Get-WgPeer wgp0 $PeerKeys[0] -ErrorAction Ignore | Remove-WgPeer } | Should -BeNullOrEmpty
        }

        It 'removes and changes by a friendly name that one peer has' {
            Add-WgPeer wgp0 $New 10.9.0.1/32 -PeerName bob
            (Set-WgPeer wgp0 Bob -PersistentKeepalive 7 -PassThru).PublicKey | Should -Be $New
            Set-WgPeer wgp0 $PeerKeys[0] -PeerName bob
            { Remove-WgPeer wgp0 bob -ErrorAction Stop } | Should -Throw "2 peers of tunnel 'wgp0' are named 'bob'*" -ErrorId 'PeerNotFound*'
            Remove-WgPeer wgp0 $PeerKeys[0]
            (Remove-WgPeer wgp0 bob -PassThru).PublicKey | Should -Be $New
            { Remove-WgPeer wgp0 bob -ErrorAction Stop } | Should -Throw "*neither*key*name*'wgp0'*" -ErrorId 'PeerNotFound*'
            { Remove-WgPeer wgp0 $New.Replace('m0q', 'm0?') -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidKey*'
            Get-WgPeer wgp0 | Should -HaveCount 2
            Get-ErrorId { Remove-WgPeer nosuch bob } | Should -BeLike 'TunnelNotFound,*'
        }

        It 'names the tunnel where a peer is or is not' {
            { Remove-WgPeer wgp0 $New -ErrorAction Stop } | Should -Throw "Tunnel 'wgp0' has no peer $New."
            { Set-WgPeer wgp0 $New -PersistentKeepalive 1 -ErrorAction Stop } | Should -Throw "Tunnel 'wgp0' has no peer $New."
            { Add-WgPeer wgp0 $PeerKeys[0] -ErrorAction Stop } | Should -Throw "Tunnel 'wgp0' has the peer $($PeerKeys[0]) already, with *"
        }

        It 'removes nothing with -WhatIf, and misses what is not there' {
            Get-WgPeer | Remove-WgPeer -WhatIf
            Get-WgPeer | Should -HaveCount 3
            Get-ErrorId { Remove-WgPeer wgp0 $New } | Should -BeLike 'PeerNotFound,*'
        }

        It 'sets and removes a peer with a key of zeros, which wg can add and Add-WgPeer does not' {
            $zeros = 'A' * 43 + '='
            Get-ErrorId { Add-WgPeer wgp0 $zeros } | Should -BeLike 'InvalidKey,*'
            Get-WgPeer | Should -HaveCount 3
            $env:WIREGUARD_FAKE_ZEROS = 1
            try { Start-WgTunnel (New-TestConfig wgp1) } finally { $env:WIREGUARD_FAKE_ZEROS = $null }
            (Get-WgPeer wgp1 $zeros | Set-WgPeer -PersistentKeepalive 7 -PassThru).PersistentKeepalive | Should -Be 7
            Set-WgPeer wgp1 $zeros -PeerName zeros
            (Get-WgPeer wgp1 -PeerName zeros | Remove-WgPeer -PassThru).PublicKey | Should -Be $zeros
            Get-WgPeer wgp1 | Should -HaveCount 3
        }

        It 'moves a peer to another tunnel' {
            Start-WgTunnel (New-TestConfig wgp1)
            Add-WgPeer wgp0 $New 10.9.0.1/32 -PeerName laptop
            Get-WgPeer wgp0 -PeerName laptop | Remove-WgPeer -PassThru | Add-WgPeer -Tunnel wgp1
            Get-WgPeer -PublicKey $New | ForEach-Object { "$($_.Tunnel) $($_.Name)" } | Should -Be 'wgp1 laptop'
        }
    }
}
