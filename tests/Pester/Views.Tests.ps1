# What a person sees of objects: groups, colours, and names that were chosen by somebody else.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    Start-WgTunnel (New-TestConfig wgp0), (New-TestConfig wgp1)
    $SavedRendering = $PSStyle.OutputRendering
}

AfterAll {
    $PSStyle.OutputRendering = $SavedRendering
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'Peers' {
    BeforeAll { $PSStyle.OutputRendering = 'PlainText' }

    It 'are grouped by their tunnel, which is named once' {
        $text = Get-WgPeer | Out-String -Width 100
        [regex]::Matches($text, '(?m)^\s*Tunnel: (wgp\d)').ForEach{ $_.Groups[1].Value } | Should -Be 'wgp0', 'wgp1'
        [regex]::Matches($text, '(?m)^Peer\s+Endpoint\s+Handshake').Count | Should -Be 2
        $text -replace 'Tunnel: wgp\d' | Should -Not -Match 'wgp'
    }

    It 'fit into 100 columns with the longest names, endpoints, keys and lists, and lose no port' {
        $long = 'a-name-' * 30
        Add-WgPeer wgp1 (New-WgKey).PublicKey 2001:db8:1111:2222:3333:4444:5555:6666/128, fd00::/64, 10.9.0.0/16 -PeerName $long -Endpoint '[2001:db8:1111:2222:3333:4444:5555:6666]:65535'
        $text = Get-WgPeer wgp1 | Out-String -Width 300
        foreach ($line in $text -split "`n") { $line.TrimEnd().Length | Should -BeLessOrEqual 100 -Because $line }
        $text | Should -Match '\[2001:db8:1111…\]:65535'
        $text | Should -Match ', \+2\s*$'
        Get-WgPeer wgp1 -PeerName $long | Format-List | Out-String -Width 300 | Should -BeLike "*$long*6666]:65535*fd00::/64, 10.9.0.0/16*"
        Get-WgPeer wgp1 -PeerName $long | Remove-WgPeer
    }

    It 'cannot turn a line or move the cursor by their names' {
        $name = "a$([char]0x202E)b"
        $key = (New-WgKey).PublicKey
        Add-WgPeer wgp1 $key -PeerName $name
        try {
            $peer = Get-WgPeer wgp1 $key
            $peer.Name | Should -BeExactly $name -Because 'what a script gets is as it is'
            foreach ($text in ($peer | Out-String), ($peer | Format-List | Out-String)) {
                $text | Should -Match 'a\\u\{202E\}b'
                $text | Should -Not -Match ([string][char]0x202E)
            }
            Wait-WgHandshake wgp1 $key -Timeout 0.1 -ErrorVariable problems -ErrorAction SilentlyContinue
            "$problems" | Should -Match 'a\\u\{202E\}b'
        }
        finally { Remove-WgPeer wgp1 $key }
    }
}

Describe 'Colours' {
    It 'tell peers and tunnels that are up from others' {
        $PSStyle.OutputRendering = 'Ansi'
        try {
            $text = Get-WgPeer wgp0 | Out-String -Width 100
            ($text -split "`n") -match 'peer-0' | Should -Match "`e\[32m\d+s`e\[0m"
            ($text -split "`n") -match 'peer-[12]' | Should -Match "`e\[33m(never|10m \d\ds)`e\[0m"
            Get-WgTunnel | Out-String -Width 100 | Should -Match "`e\[32mUp`e\[0m"
            foreach ($line in $text -split "`n") { ($line -replace "`e\[[0-9;]*m").TrimEnd().Length | Should -BeLessOrEqual 100 }
        }
        finally { $PSStyle.OutputRendering = 'PlainText' }
    }

    It 'are off <When>' -ForEach @(
        @{ When = 'in plain text'; Script = '$PSStyle.OutputRendering = "PlainText"; Get-WgPeer; Get-WgTunnel; Get-WgTunnel | Format-List' }
        @{ When = 'in a file'; Script = '$PSStyle.OutputRendering = "Host"; $f = New-TemporaryFile; Get-WgPeer > $f; Get-WgTunnel >> $f; Get-Content -Raw $f; Remove-Item $f' }
        @{ When = 'with NO_COLOR'; Script = 'Get-WgPeer | Out-String; Get-WgTunnel | Out-String' }
    ) {
        $env:NO_COLOR = if ($When -eq 'with NO_COLOR') { '1' }
        try { $text = Invoke-Pwsh $Script }
        finally { $env:NO_COLOR = $null }
        $text | Should -Match 'peer-0'
        $text | Should -Not -Match "`e"
    }
}

Describe 'A hand-over' {
    It 'is shown with the line that the other ends are to run' {
        $told = Update-WgKey wgp0 -NoSave -Confirm:$false
        $text = $told | Out-String -Width 100
        $text -replace '\s' | Should -BeLike "*Instruction:*$($told.NewPublicKey)*Sync-WgConfig`$_.Tunnel}*"
        $told | Format-Table | Out-String -Width 100 | Should -BeLike "*$($told.NewPublicKey)*"
    }
}
