BeforeDiscovery {
    # Another version of YamlDotNet than the module's, that the tests' build has left.
    $Other = Get-ChildItem "$PSScriptRoot/../WireGuardPS.Tests/bin/*/net*/other/YamlDotNet.dll" -ErrorAction Ignore
}

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $Examples = "$PSScriptRoot/../../examples" | Resolve-Path | ForEach-Object Path
    $Repository = "$PSScriptRoot/../.." | Resolve-Path | ForEach-Object Path
    $Other = Get-ChildItem "$PSScriptRoot/../WireGuardPS.Tests/bin/*/net*/other/YamlDotNet.dll" -ErrorAction Ignore | Select-Object -Last 1

    function New-TopologyFile([string] $Text) {
        $path = "$Work/$([guid]::NewGuid().ToString('n')).yaml"
        Set-Content $path $Text
        $path
    }
}

AfterAll { Exit-FakeEngine }

Describe 'Import-WgTopology' {
    It 'writes one file for each host that only its owner can read' {
        Import-WgTopology "$Examples/site.yaml" | Export-WgConfig -Directory "$Work/out"
        (Get-ChildItem "$Work/out").Name | Sort-Object | Should -Be 'anna.conf', 'ben.conf', 'berlin.conf', 'hamburg.conf'
        foreach ($file in Get-ChildItem "$Work/out") {
            [int][IO.File]::GetUnixFileMode($file.FullName) | Should -Be ([Convert]::ToInt32('600', 8))
            Test-WgConfig $file.FullName | Should -BeTrue
            Get-Content $file.FullName | Should -Not -Match 'PrivateKey ='
        }
    }

    It 'makes peers and allowed IPs of the links' {
        $anna = Import-WgTopology "$Examples/site.yaml" -Name anna
        $anna | Should -BeOfType WireGuard.WgConfig
        $anna.Peers.Name | Should -Be 'berlin'
        $anna.Peers.AllowedIPs | Should -Be '10.10.0.1/32', 'fd10::1/128', '192.168.10.0/24', '10.10.0.2/32', 'fd10::2/128', '192.168.20.0/24', '172.18.0.0/16', '10.10.0.102/32', 'fd10::102/128'
        $anna.Peers.PersistentKeepalive | Should -Be 25
        $anna.Dns | Should -Be '192.168.10.1', 'example.org'
        (Import-WgTopology "$Examples/site.yaml" -Name ben).Peers.PersistentKeepalive | Should -Be 0
        (Import-WgTopology "$Examples/site.yaml" -Name hamburg).ListenPort | Should -Be 51820
    }

    It 'names who passes packets on' {
        $said = Import-WgTopology "$Examples/site.yaml" -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] }
        @($said | Where-Object { "$_" -like '*-Forward*' }).Count | Should -Be 2
    }

    It 'takes names with wildcards, and tells of one that is not there' {
        (Import-WgTopology "$Examples/site.yaml" -Name 'B*').Name | Should -Be 'berlin', 'ben'
        Import-WgTopology "$Examples/site.yaml" -Name 'x*' | Should -BeNullOrEmpty
        Get-ErrorId { Import-WgTopology "$Examples/site.yaml" -Name '[' } | Should -Be 'InvalidValue,WireGuard.Commands.ImportWgTopologyCommand'
        Get-ErrorId { Import-WgTopology "$Examples/site.yaml" -Name carla } | Should -Be 'HostNotFound,WireGuard.Commands.ImportWgTopologyCommand'
    }

    It 'takes files from the pipeline' {
        (Get-ChildItem $Examples -Filter *.yaml | Import-WgTopology -WarningAction Ignore).Count | Should -Be 5
        ("$Examples/*.yaml" | Import-WgTopology -WarningAction Ignore).Count | Should -Be 5
    }

    It 'tells all errors at once, with file, line and column, and emits nothing' {
        $file = New-TopologyFile "hosts:`n  a:`n    address: 10.0.0.1/24`n    adress: x`n  b: {address: 10.0.0.1/33}`nlinks:`n- kind: ring"
        $found = Import-WgTopology $file -ErrorVariable problems -ErrorAction SilentlyContinue
        $found | Should -BeNullOrEmpty
        $problems[0].FullyQualifiedErrorId | Should -Be 'TopologyInvalid,WireGuard.Commands.ImportWgTopologyCommand'
        "$problems" | Should -BeLike "*${file}:4:5: error: *did you mean address?*${file}:5:16: error: *${file}:7:9: error: *hub-and-spoke*"
        $problems[0].ErrorDetails.RecommendedAction | Should -Match 'about_WireGuard_Topology'
    }

    It 'tells a file that is not there from one that is wrong' {
        Get-ErrorId { Import-WgTopology "$Work/none.yaml" } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Import-WgTopology (New-TopologyFile 'hosts: [') } | Should -BeLike 'TopologyInvalid,*'
    }

    It 'warns of what is doubtful' {
        $file = New-TopologyFile "hosts:`n  a: {address: 10.0.0.1/24, endpoint: 'a.example:1', publicKey: '$($PeerKeys[0])', networks: 10.0.0.0/8}`n  b: {address: 10.0.0.2/24, publicKey: '$($PeerKeys[1])'}`nlinks:`n- kind: full-mesh"
        $null = Import-WgTopology $file -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike "${file}:3:16: 10.0.0.2/32 of 'b' (line 3) lies inside 10.0.0.0/8 (line 2) of 'a' (line 2)*"
    }
}

Describe 'Keys of a topology' {
    BeforeAll {
        $Key = New-WgKey
        Set-Content "$Work/a.key" ($Key.PrivateKey | ConvertFrom-SecureString -AsPlainText)
        chmod 600 "$Work/a.key"
        function New-Pair([string] $PublicKey, [string] $File = 'a.key') {
            New-TopologyFile "hosts:`n  a: {address: 10.0.0.1/24, endpoint: 'a.example:1', publicKey: '$PublicKey', privateKeyFile: $File}`n  b: {address: 10.0.0.2/24, publicKey: '$($PeerKeys[1])'}`nlinks:`n- kind: full-mesh"
        }
    }

    It 'stay out unless asked for' {
        (Import-WgTopology (New-Pair $Key.PublicKey)).HasPrivateKey | Should -Be $false, $false
    }

    It 'are read on the host that is asked for, from a file beside the topology' {
        $a, $b = Import-WgTopology (New-Pair $Key.PublicKey) -ReadPrivateKey
        $a.PrivateKey | Get-WgPublicKey | Should -Be $Key.PublicKey
        $b.PrivateKey | Should -BeNullOrEmpty
        $b.Peers.PublicKey | Should -Be $Key.PublicKey
        # b's own is not on this machine, and a's file need not be there for it.
        (Import-WgTopology (New-Pair $Key.PublicKey 'none.key') -Name b -ReadPrivateKey).Name | Should -Be 'b'
    }

    It 'must belong together' {
        Import-WgTopology (New-Pair $PeerKeys[0]) -ReadPrivateKey -ErrorVariable problems -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$problems" | Should -BeLike "*:2:*The public key of 'a'*not the one of its privateKeyFile, which is $($Key.PublicKey)*"
    }

    It 'must be there, and keys' {
        Set-Content "$Work/bad.key" 'hunter2hunter2'
        foreach ($file in 'none.key', 'bad.key') {
            Import-WgTopology (New-Pair $Key.PublicKey $file) -ReadPrivateKey -ErrorVariable problems -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            "$problems" | Should -BeLike "*key file '$Work/$file'*"
            "$problems" | Should -Not -BeLike '*hunter2*'
        }
    }

    It 'are warned of where all can read them' {
        Copy-Item "$Work/a.key" "$Work/open.key"
        chmod 644 "$Work/open.key"
        chmod 755 $Work
        $null = Import-WgTopology (New-Pair $Key.PublicKey 'open.key') -ReadPrivateKey -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike '*chmod 600*'
        chmod 700 $Work
    }

    It 'are made for a lab' {
        $file = New-TopologyFile "hosts:`n  a: {address: 10.0.0.1/24, endpoint: 'a.example:1'}`n  b: {address: 10.0.0.2/24}`nlinks:`n- kind: full-mesh"
        Get-ErrorId { Import-WgTopology $file } | Should -BeLike 'TopologyInvalid,*'
        $a, $b = Import-WgTopology $file -GenerateKey
        $a.PrivateKey | Get-WgPublicKey | Should -Be $b.Peers.PublicKey
        $b.PrivateKey | Get-WgPublicKey | Should -Be $a.Peers.PublicKey
        $a.Peers.PublicKey | Should -Not -Be $b.Peers.PublicKey
    }
}

Describe 'A tunnel alone' {
    It 'is one configuration, with its keys when asked for' {
        Set-Content "$Work/lone.key" (New-WgKey -AsPlainText)
        Set-Content "$Work/lone.psk" (New-WgPresharedKey -AsPlainText)
        chmod 600 "$Work/lone.key" "$Work/lone.psk"
        $file = New-TopologyFile "tunnel:`n  name: wg7`n  address: 10.0.0.1/24`n  privateKeyFile: lone.key`n  peers:`n    other: {publicKey: '$($PeerKeys[0])', presharedKeyFile: lone.psk, allowedIPs: 10.0.0.2/32}"
        $config = Import-WgTopology $file -ReadPrivateKey
        $config.Name | Should -Be 'wg7'
        $config.PrivateKey | ConvertFrom-SecureString -AsPlainText | Should -Be (Get-Content "$Work/lone.key")
        $config.Peers.PresharedKey | ConvertFrom-SecureString -AsPlainText | Should -Be (Get-Content "$Work/lone.psk")
        $config = Import-WgTopology $file -WarningVariable warned -WarningAction SilentlyContinue
        $config.HasPrivateKey | Should -BeFalse
        $config.Peers.HasPresharedKey | Should -BeFalse
        "$warned" | Should -BeLike '*Preshared keys are left out*'
    }
}

Describe 'New-WgMesh' {
    It 'links all with all' {
        $mesh = @(
            [pscustomobject]@{ Name = 'a'; Address = '10.9.0.7/24'; Endpoint = 'a.example:1'; PublicKey = $PeerKeys[0]; Networks = '192.168.1.0/24, fd01::/64' }
            [pscustomobject]@{ Name = 'b'; Address = ''; Endpoint = 'b.example:2'; PublicKey = $PeerKeys[1]; Networks = $null }
            [pscustomobject]@{ Name = 'c'; Address = ''; Endpoint = ''; PublicKey = $PeerKeys[2] }
        ) | New-WgMesh -Subnet 10.9.0.0/24
        $mesh.Name | Should -Be 'a', 'b', 'c'
        $mesh.Addresses | Should -Be '10.9.0.7/24', '10.9.0.1/24', '10.9.0.2/24'
        $mesh.ListenPort | Should -Be 1, 2, $null
        $mesh[1].Peers.Name | Should -Be 'a', 'c'
        $mesh[1].Peers[0].AllowedIPs | Should -Be '10.9.0.7/32', '192.168.1.0/24', 'fd01::/64'
        $mesh[2].Peers.PersistentKeepalive | Should -Be 25, 25
        $mesh[0].Peers.PersistentKeepalive | Should -Be $null, $null
        $mesh.HasPrivateKey | Should -Be $false, $false, $false
    }

    It 'takes a table, and makes keys for a lab' {
        Set-Content "$Work/hosts.csv" 'Name,Endpoint', 'x,x.example:51820', 'y,y.example:51820'
        $x, $y = Import-Csv "$Work/hosts.csv" | New-WgMesh -Subnet fd09::/64 -GenerateKey
        $x.Addresses, $y.Addresses | Should -Be 'fd09::1/64', 'fd09::2/64'
        $x.PrivateKey | Get-WgPublicKey | Should -Be $y.Peers.PublicKey
    }

    It 'says what is wrong: <Because>' -ForEach @(
        @{ Script = { New-WgMesh a, b -GenerateKey }; Because = '-Subnet gives one' }
        @{ Script = { New-WgMesh a, b -Subnet 10.0.0.0/24 -GenerateKey }; Because = 'neither has an endpoint' }
        @{ Script = { New-WgMesh a, b -Subnet 10.0.0.0/24 -Endpoint a:1 }; Because = '-Name names several' }
        @{ Script = { New-WgMesh a -Subnet 10.0.0.0/24 -Endpoint a:1 -GenerateKey }; Because = 'two hosts or more' }
        @{ Script = { New-WgMesh a, A -Subnet 10.0.0.0/24 -GenerateKey }; Because = 'hosts are named' }
        @{ Script = { New-WgMesh a, b, c, d -Subnet 10.0.0.0/30 -GenerateKey }; Because = 'no address left in 10.0.0.0/30' }
        @{ Script = { New-WgMesh a, b -Subnet nowhere -GenerateKey }; Because = "Subnet must be an IP address" }
        @{ Script = { 'a', 'b' | ForEach-Object { [pscustomobject]@{ Name = $_; Endpoint = 'x.example:1' } } | New-WgMesh -Subnet 10.0.0.0/24 }; Because = 'has no publicKey' }
    ) {
        $problem = $null
        try { $null = & $Script } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -Be 'TopologyInvalid,WireGuard.Commands.NewWgMeshCommand'
        "$problem" | Should -BeLike "*$Because*"
        "$problem" | Should -Not -BeLike '*(text)*'
    }
}

Describe 'Libraries of others' {
    It 'are loaded at their first use, beside the shell''s' {
        $script = "Import-Module '$(Get-TestModulePath)'; " +
            "[AppDomain]::CurrentDomain.GetAssemblies().GetName().Name -contains 'YamlDotNet'; " +
            "(Import-WgTopology '$Examples/site.yaml').Count; " +
            "[Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name -contains 'YamlDotNet'"
        pwsh -NoProfile -NonInteractive -Command $script | Should -Be 'False', '4', 'False'
    }

    It 'leave another version, loaded before, to whoever loaded it' -Skip:(-not $Other) {
        $script = "Add-Type -Path '$Other'; function Read-Other { [YamlDotNet.Serialization.DeserializerBuilder]::new().Build().Deserialize([IO.StringReader]::new('a: 1')).Count }; " +
            "Read-Other; Import-Module '$(Get-TestModulePath)'; (Import-WgTopology '$Examples/site.yaml').Count; Read-Other; " +
            "[AppDomain]::CurrentDomain.GetAssemblies().GetName() | Where-Object Name -eq YamlDotNet | Sort-Object Version | ForEach-Object { `"`$(`$_.Version)`" }"
        pwsh -NoProfile -NonInteractive -Command $script | Should -Be '1', '4', '1', '13.0.0.0', '16.0.0.0'
    }

    It 'do not answer to a shell that has none' {
        $script = "Import-Module '$(Get-TestModulePath)'; `$null = Import-WgTopology '$Examples/site.yaml'; try { [Reflection.Assembly]::Load('YamlDotNet') } catch { 'none' }"
        pwsh -NoProfile -NonInteractive -Command $script | Should -Be 'none'
    }
}

Describe 'about_WireGuard_Topology' {
    It 'has a file that is one' {
        $about = Get-Content (Join-Path (Get-TestModulePath) 'en-US/about_WireGuard_Topology.help.txt') -Raw
        foreach ($section in 'A FILE', 'A TUNNEL ALONE') {
            $text = ($about -split "(?m)^$section")[1] -csplit '(?m)^[A-Z]' | Select-Object -First 1
            $yaml = [regex]::Matches($text, '(?m)(^ {8}.*\n)+').Value -replace '(?m)^ {8}'
            Import-WgTopology (New-TopologyFile $yaml) -WarningVariable warned | Should -Not -BeNullOrEmpty
            $warned | Should -BeNullOrEmpty
        }
    }
}
