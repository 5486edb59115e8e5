# Two network namespaces joined by veth, a real engine in each, started by Start-WgTunnel in a real pwsh.
# Needs root, ip(8) and the engine: $env:WIREGUARD_ENGINE or out/engine/wireguard-engine.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip -CommandType Application -ErrorAction Ignore)) { 'there is no ip command' }
    $HasWg = [bool](Get-Command wg -CommandType Application -ErrorAction Ignore)
}

Describe "Two engines over veth$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        $SavedEnvironment = $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wgl-$PID"
        $null = New-Item -ItemType Directory $Work/run
        chmod 700 $Work $Work/run
        $env:WIREGUARD_ENGINE = $Engine
        $env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"

        function Invoke-Ip {
            ip @args
            if ($LASTEXITCODE) { throw "ip $args failed with $LASTEXITCODE" }
        }

        $A = @{ Namespace = "wgl-$PID-a"; Link = "vtha$PID"; Tunnel = "wga$PID"; Outer = '192.0.2.1'; Inner = '10.77.0.1'; Inner6 = 'fd77::1'; Port = 51820; Key = New-WgKey; Choice = '-ControlGroup 54321' }
        $B = @{ Namespace = "wgl-$PID-b"; Link = "vthb$PID"; Tunnel = "wgb$PID"; Outer = '192.0.2.2'; Inner = '10.77.0.2'; Inner6 = 'fd77::2'; Port = 51821; Key = New-WgKey }
        Invoke-Ip netns add $A.Namespace
        Invoke-Ip netns add $B.Namespace
        Invoke-Ip link add $A.Link netns $A.Namespace type veth peer name $B.Link netns $B.Namespace
        foreach ($end in $A, $B) {
            Invoke-Ip -n $end.Namespace link set lo up
            Invoke-Ip -n $end.Namespace address add "$($end.Outer)/24" dev $end.Link
            Invoke-Ip -n $end.Namespace link set $end.Link up
        }

        $Psk = New-WgPresharedKey -AsPlainText
        function Write-Config($End, $Other) {
            $End.Config = "$Work/$($End.Tunnel).conf"
            Set-Content $End.Config @"
[Interface]
PrivateKey = $($End.Key.PrivateKey | ConvertFrom-SecureString -AsPlainText)
ListenPort = $($End.Port)
Address = $($End.Inner)/24, $($End.Inner6)/64
MTU = 1420

# Name = the-other-end
[Peer]
PublicKey = $($Other.Key.PublicKey)
PresharedKey = $Psk
AllowedIPs = $($Other.Inner)/32, $($Other.Inner6)/128
Endpoint = $($Other.Outer):$($Other.Port)
"@
            chmod 600 $End.Config
        }
        Write-Config $A $B
        Write-Config $B $A

        $Module = Get-TestModulePath
        $Pwsh = (Get-Process -Id $PID).Path

        # A shell of its own inside the namespace: what it starts must outlive it.
        function Invoke-Inside($End, [string] $Script) {
            ip netns exec $End.Namespace $Pwsh -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; Import-Module '$Module'; $Script"
            if ($LASTEXITCODE) { throw "pwsh in $($End.Namespace) ended with $LASTEXITCODE" }
        }

        function Test-Ping($End, [string] $Target, [int] $Count = 5) {
            $null = ip netns exec $End.Namespace ping -c $Count -i 0.05 -W 5 $Target
            $LASTEXITCODE -eq 0
        }

        function Test-Link($End) {
            $null = ip -n $End.Namespace link show dev $End.Tunnel 2>&1
            $LASTEXITCODE -eq 0
        }
    }

    AfterAll {
        foreach ($end in $A, $B) {
            if (-not $end) { continue }
            Get-WgTunnel $end.Tunnel -ErrorAction Ignore | Stop-WgTunnel -ErrorAction Continue
            if ($end.ProcessId -and (Test-ProcessRuns $end.ProcessId)) { Stop-Process -Id $end.ProcessId -Force }
            ip netns delete $end.Namespace 2>&1 | Out-Null
        }
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR = $SavedEnvironment
    }

    It 'starts both, and they outlive the shells that started them' {
        foreach ($end in $A, $B) {
            $end.ProcessId = [int](Invoke-Inside $end "(Start-WgTunnel '$($end.Config)' -PassThru $($end.Choice)).ProcessId")
            $tunnel = Get-WgTunnel $end.Tunnel
            $tunnel.State | Should -Be 'Up'
            $tunnel.ProcessId | Should -Be $end.ProcessId
            $tunnel.ListenPort | Should -Be $end.Port
            $tunnel.PublicKey | Should -Be $end.Key.PublicKey
            $tunnel.Mtu | Should -Be 1420
            $tunnel.Addresses | Should -Contain "$($end.Inner)/24"
            $tunnel.ConfigPath | Should -Be $end.Config
            Test-Link $end | Should -BeTrue
        }
    }

    It 'has never shaken hands, and says so' {
        $peer = Get-WgPeer $A.Tunnel
        $peer.Name | Should -Be 'the-other-end'
        $peer.LastHandshake | Should -Be $null
        $peer.HandshakeAge | Should -Be ([timespan]::MaxValue)
        $peer.IsStale | Should -BeTrue
        $peer.HasPresharedKey | Should -BeTrue
    }

    It 'pings through the tunnel, IPv4 and IPv6, both ways' {
        Test-Ping $A $B.Inner | Should -BeTrue
        Test-Ping $B $A.Inner | Should -BeTrue
        Test-Ping $A $B.Inner6 | Should -BeTrue
        Test-Ping $B $A.Inner6 | Should -BeTrue
    }

    It 'knows of the handshake and the transfer' {
        foreach ($end in $A, $B) {
            $peer = Get-WgTunnel $end.Tunnel | Get-WgPeer
            $peer.HandshakeAge | Should -BeLessThan (New-TimeSpan -Minutes 3)
            $peer.IsStale | Should -BeFalse
            $peer.RxBytes | Should -BeGreaterThan 0
            $peer.TxBytes | Should -BeGreaterThan 0
            (Get-WgStatus $end.Tunnel).OnlinePeerCount | Should -Be 1
        }
    }

    It 'has waited for the handshake, finds nothing wrong, and watches the next one' {
        $peer = Get-WgPeer $A.Tunnel | Wait-WgHandshake -PassThru -Timeout 30
        $peer.IsStale | Should -BeFalse
        Test-WgTunnel $A.Tunnel, $B.Tunnel | Should -Be $true, $true
        Test-WgTunnel $A.Tunnel, $B.Tunnel -Detailed | Should -BeNullOrEmpty
        $psk = New-WgPresharedKey
        Set-WgPeer $A.Tunnel the-other-end -PresharedKey $psk.PresharedKey
        try {
            # A session that goes on needs no handshake: the peer begins anew on both sides.
            $null = Import-WgConfig $B.Config $B.Tunnel -Mode Replace
            $null = Import-WgConfig $A.Config $A.Tunnel -Mode Replace
            Set-WgPeer $A.Tunnel the-other-end -PresharedKey $psk.PresharedKey
            $null = Test-Ping $A $B.Inner 1
            $found = Test-WgTunnel $A.Tunnel -Detailed
            $found.Id, $found.Severity, $found.Target | Should -Be 'OtherPresharedKey', 'Error', 'the-other-end'
            Test-WgTunnel $A.Tunnel | Should -BeFalse
        }
        finally { $null = Sync-WgConfig $A.Tunnel }
        # Peers that begin anew, again and again, until the watch has seen one shake hands.
        $renewing = [powershell]::Create().AddScript("Import-Module '$Module'; while (`$true) { `$null = Import-WgConfig '$($A.Config)' $($A.Tunnel) -Mode Replace; Start-Sleep 2 }")
        $null = $renewing.BeginInvoke()
        $pinging = Start-Process ip "netns exec $($A.Namespace) ping -i 0.3 -w 60 $($B.Inner)" -PassThru -RedirectStandardOutput /dev/null
        try { $events = Watch-WgEvent $A.Tunnel -Kind Handshake, PeerOnline -Timeout 60 | Select-Object -First 2 }
        finally {
            $renewing.Stop()
            $renewing.Dispose()
            Stop-Process -Id $pinging.Id -ErrorAction Ignore
        }
        $events.Kind | Should -Be 'Handshake', 'PeerOnline'
        $events.PeerName | Should -Be 'the-other-end', 'the-other-end'
        $null = Test-Ping $A $B.Inner 1
        Test-WgTunnel $A.Tunnel | Should -BeTrue
    }

    It 'reads the same as wg' -Skip:(-not $HasWg) {
        $peer = Get-WgPeer $A.Tunnel
        $key, $seconds = (ip netns exec $A.Namespace wg show $A.Tunnel latest-handshakes) -split '\s+'
        $key | Should -Be $peer.PublicKey
        [long]$seconds | Should -Be $peer.LastHandshake.ToUnixTimeSeconds()
        $key, $rx, $tx = (ip netns exec $A.Namespace wg show $A.Tunnel transfer) -split '\s+'
        [ulong]$rx, [ulong]$tx | Should -Be $peer.RxBytes, $peer.TxBytes
    }

    It 'dumps and shows the configuration as wg does, to the byte' -Skip:(-not $HasWg) {
        $more = (New-WgKey).PublicKey
        Add-WgPeer $A.Tunnel $more 10.78.0.0/16, 10.79.0.0/16, 10.79.1.0/24, fd78::/32, fd78::/64 -Endpoint '[2001:db8::9]:9' -PersistentKeepalive 21
        $null = Set-WgTunnel $A.Tunnel -FwMark 0x1234
        try {
            $tunnel = Get-WgTunnel $A.Tunnel -IncludeSecret
            $tunnel | ConvertTo-WgDump | Should -BeExactly (ip netns exec $A.Namespace wg show $A.Tunnel dump)
            $all = ip netns exec $A.Namespace wg show all dump | Where-Object { $_ -clike "$($A.Tunnel)`t*" }
            $tunnel | ConvertTo-WgDump -All | Should -BeExactly $all
            $theirs = ip netns exec $A.Namespace wg showconf $A.Tunnel | ConvertFrom-WgConfig
            $ours = $tunnel | ConvertTo-WgConfig -IncludeSecret -Strip | ConvertFrom-WgConfig
            foreach ($config in $theirs, $ours) {
                foreach ($peer in $config.Peers) { $peer.Name = $null; $peer.AllowedIPs = $peer.AllowedIPs | Sort-Object }
            }
            $ours | ConvertTo-WgConfig -IncludeSecret | Should -BeExactly ($theirs | ConvertTo-WgConfig -IncludeSecret)
        }
        finally {
            Remove-WgPeer $A.Tunnel $more
            $null = Sync-WgConfig $A.Tunnel
        }
    }

    It 'measures round trips and rates through the tunnel' {
        $inside = Invoke-Inside $A "Measure-WgTunnel $($A.Tunnel) -Count 5 -Interval 0.01 -Timeout 20 | ConvertTo-Json; Measure-WgTunnel $($A.Tunnel) $($B.Inner6) -Count 1 -Timeout 20 | ConvertTo-Json" | Out-String
        $first, $second = $inside -split '(?<=\})\s*(?=\{)' | ConvertFrom-Json
        $first.Target, $first.Sent, $first.Received, $first.Loss, $first.WentThroughTunnel | Should -Be $B.Inner, 5, 5, 0, $true
        $first.PeerName | Should -Be 'the-other-end'
        $first.MinRoundTrip | Should -BeGreaterThan 0
        $first.MedianRoundTrip | Should -BeLessOrEqual $first.MaxRoundTrip
        $second.Target | Should -Be $B.Inner6
        Get-ErrorId { Measure-WgTunnel $A.Tunnel 203.0.113.77 -Count 1 } | Should -BeLike 'PeerNotFound,*'

        (Get-WgPeer $A.Tunnel).RxRate | Should -Be $null
        $pinging = Start-Process ip "netns exec $($A.Namespace) ping -i 0.05 -w 60 $($B.Inner)" -PassThru -RedirectStandardOutput /dev/null
        try { do { $peer = Get-WgPeer $A.Tunnel -SampleInterval 1 } until ($peer.RxRate -gt 0) }
        finally { Stop-Process -Id $pinging.Id -ErrorAction Ignore }
        $peer.TxRate | Should -BeGreaterThan 0
        $peer | Format-List | Out-String | Should -Match 'RxRate +: .*B/s'
    }

    It 'measures throughput between two of our ends, through the tunnel and no other way' {
        Get-ErrorId { Measure-WgTunnel $A.Tunnel -Listen -Duration 1 } | Should -BeLike 'HostNetworkFailed,*' -Because 'its interface is elsewhere'
        $nobody = Invoke-Inside $A "Measure-WgTunnel $($A.Tunnel) -Throughput -Duration 0.2 -Timeout 20 -ErrorVariable e -ErrorAction SilentlyContinue; `$e.FullyQualifiedErrorId; `$e.Exception.Message"
        $nobody[0] | Should -BeLike 'HostNetworkFailed,*'
        "$nobody" | Should -BeLike '*-Listen has to run there*'
        $there = "`$ErrorActionPreference = 'Stop'; Import-Module '$Module'; Measure-WgTunnel $($B.Tunnel) -Listen -Duration 120 | Select-Object -First 4 | ConvertTo-Json"
        $listening = Start-Process ip @('netns', 'exec', $B.Namespace, $Pwsh, '-NoProfile', '-NonInteractive', '-EncodedCommand', [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($there))) -PassThru -RedirectStandardOutput "$Work/listened.json"
        try {
            Wait-For { (ip netns exec $B.Namespace ss -Hltn sport = :51871) -match "%$($B.Tunnel)" } 60
            # Whoever is not in the tunnel is not heard.
            ip netns exec $A.Namespace bash -c "exec 3<>/dev/tcp/$($B.Outer)/51871" 2>$null
            $LASTEXITCODE | Should -Not -Be 0
            $four = Invoke-Inside $A "Measure-WgTunnel $($A.Tunnel) -Throughput -Duration 0.5 -Timeout 20 | ConvertTo-Json" | Out-String | ConvertFrom-Json
            $six = Invoke-Inside $A "Measure-WgTunnel $($A.Tunnel) $($B.Inner6) -Throughput -Duration 0.5 -Timeout 20 | ConvertTo-Json" | Out-String | ConvertFrom-Json
            $four.Target, $six.Target, $four.PeerName | Should -Be $B.Inner, $B.Inner6, 'the-other-end'
            $listening.WaitForExit(60000) | Should -BeTrue
            $heard = Get-Content -Raw "$Work/listened.json" | ConvertFrom-Json
        }
        finally { if (-not $listening.HasExited) { Stop-Process -Id $listening.Id } }
        # What the one has received is what the other has sent, and rates are in the same order of size.
        $heard[0].RxBytes, $heard[1].TxBytes | Should -Be $four.TxBytes, $four.RxBytes
        $heard[2].RxBytes, $heard[3].TxBytes | Should -Be $six.TxBytes, $six.RxBytes
        $heard[0].Target, $heard[2].Target, $heard[0].PeerName | Should -Be $A.Inner, $A.Inner6, 'the-other-end'
        foreach ($one in $four, $six) {
            $one.TxRate, $one.RxRate | ForEach-Object { $_ | Should -BeGreaterThan 0 }
            $one.TxBytes / $one.TxRate | Should -BeGreaterOrEqual 0.5
        }
    }

    It 'changes its key, in the file too, and the other end follows what it is told' {
        $before = Get-Content -Raw $A.Config
        Update-WgKey $A.Tunnel -WhatIf
        Get-Content -Raw $A.Config | Should -Be $before
        $told = Update-WgKey $A.Tunnel -Confirm:$false
        $told.OldPublicKey, $told.ConfigPath | Should -Be $A.Key.PublicKey, $A.Config
        $told.Peers | Should -Be 'the-other-end'
        (Get-WgTunnel $A.Tunnel).PublicKey | Should -Be $told.NewPublicKey
        Select-String '^PrivateKey = (.*)' $A.Config | ForEach-Object { $_.Matches[0].Groups[1].Value | Get-WgPublicKey } | Should -Be $told.NewPublicKey
        $told | ConvertTo-Json | Should -Not -Match 'PrivateKey'
        $saved = Get-Content -Raw $B.Config
        Invoke-Expression $told.Instruction | Out-Null
        (Get-WgPeer $B.Tunnel).PublicKey | Should -Be $told.NewPublicKey
        Wait-WgHandshake $A.Tunnel -New:$false -Timeout 30
        Test-Ping $A $B.Inner 1 | Should -BeTrue

        # What cannot be saved is taken back.
        Move-Item $A.Config "$($A.Config).away"
        Get-ErrorId { Update-WgKey $A.Tunnel -Confirm:$false } | Should -BeLike 'SaveFailed,*'
        Move-Item "$($A.Config).away" $A.Config
        (Get-WgTunnel $A.Tunnel).PublicKey | Should -Be $told.NewPublicKey
        (Update-WgKey $A.Tunnel -NoSave -Confirm:$false).ConfigPath | Should -Be $null
        Set-Content $A.Config $before -NoNewline
        Set-Content $B.Config $saved -NoNewline
        $null = Sync-WgConfig $A.Tunnel, $B.Tunnel
        (Get-WgTunnel $A.Tunnel).PublicKey | Should -Be $A.Key.PublicKey
        Test-Ping $A $B.Inner 1 | Should -BeTrue
    }

    It 'refuses the same tunnel twice and leaves it alone' {
        $id = Invoke-Inside $A "Start-WgTunnel '$($A.Config)' -ErrorVariable e -ErrorAction SilentlyContinue; `$e[0].FullyQualifiedErrorId"
        $id | Should -BeLike 'TunnelExists,*'
        Test-Ping $A $B.Inner 1 | Should -BeTrue
    }

    It 'changes peers while traffic flows' {
        $new = (New-WgKey).PublicKey
        $added = Add-WgPeer $A.Tunnel $new 10.77.0.3/32 -PeerName third -PersistentKeepalive 25 -PassThru
        $added.Name | Should -Be 'third'
        (Get-WgPeer $A.Tunnel -PeerName third | Set-WgPeer -AllowedIP fd77::3 -Append -PassThru).AllowedIPs | Should -Contain 'fd77::3/128'
        Get-ErrorId { Add-WgPeer $A.Tunnel $new } | Should -BeLike 'PeerExists,*'
        $rival = (New-WgKey).PublicKey
        Add-WgPeer $A.Tunnel $rival 10.77.0.3, fd77:0:0::3 -PeerName rival -WarningVariable warned -WarningAction SilentlyContinue
        $warned.Message -replace ',.*' | Should -Be "10.77.0.3/32 was third's and is now rival's", "fd77::3/128 was third's and is now rival's"
        Remove-WgPeer $A.Tunnel rival
        Test-Ping $A $B.Inner 1 | Should -BeTrue
        (Remove-WgPeer $A.Tunnel $new -PassThru).PublicKey | Should -Be $new
        Get-ErrorId { Remove-WgPeer $A.Tunnel $new } | Should -BeLike 'PeerNotFound,*'
        Test-Ping $A $B.Inner 1 | Should -BeTrue
    }

    It 'foresees what a configuration changes, does exactly that, and nothing a second time' {
        $other = "$Work/other.conf"
        $new = (New-WgKey).PublicKey
        (Get-Content -Raw $A.Config) -replace '(?m)^PrivateKey.*$' -replace 'MTU = 1420', 'MTU = 1400' -replace "AllowedIPs = $($B.Inner)/32", "AllowedIPs = $($B.Inner)/32, 10.89.0.0/16" |
            Set-Content $other
        Add-Content $other "`n# Name = third`n[Peer]`nPublicKey = $new`nAllowedIPs = 10.90.0.0/16"
        chmod 600 $other
        $handshake = (Get-WgPeer $A.Tunnel).LastHandshake
        $foreseen = Import-WgConfig $other $A.Tunnel -WhatIf
        (Get-WgTunnel $A.Tunnel).Mtu | Should -Be 1420
        Import-WgConfig $other $A.Tunnel -Confirm:$false -OutVariable done | Out-Null
        $done | ConvertTo-Json | Should -Be ($foreseen | ConvertTo-Json)
        $done.Tunnel | Select-Object -Unique | Should -Be $A.Tunnel
        $done.Property | Should -Be 'Mtu', 'AllowedIP', 'Peer', 'Name', 'AllowedIP', 'Route', 'Route'
        "$($done[0])" | Should -Be "$($A.Tunnel): Changed Mtu 1420 -> 1400"
        $done[2].Kind, $done[2].Peer, $done[2].Target | Should -Be 'Added', $new, 'third'
        $done | Out-String -Width 80 | Should -Match '1420 -> 1400(?s:.*)10\.89\.0\.0/16'
        Import-WgConfig $other $A.Tunnel | Should -BeNullOrEmpty
        (Get-WgTunnel $A.Tunnel).PublicKey | Should -Be $A.Key.PublicKey
        (Get-WgPeer $A.Tunnel -PeerName the-other-end).LastHandshake | Should -Be $handshake
        Test-Ping $A $B.Inner 1 | Should -BeTrue

        (Sync-WgConfig $A.Tunnel -WhatIf).Count | Should -Be (Sync-WgConfig $A.Tunnel).Count
        (Get-WgTunnel $A.Tunnel).Mtu | Should -Be 1420
        Get-WgTunnel $A.Tunnel | Sync-WgConfig | Should -BeNullOrEmpty
        & $Pwsh -NoProfile -NonInteractive -Command "Import-Module '$Module'; Sync-WgConfig $($A.Tunnel) -WhatIf; `$WhatIfPreference = `$true; Import-WgConfig '$other' $($A.Tunnel) | Out-Null" |
            Should -Be "What if: Leave tunnel '$($A.Tunnel)' as it is: there is nothing to change", "What if: Import '$other' (sync) into tunnel '$($A.Tunnel)'"
        Test-Ping $A $B.Inner 1 | Should -BeTrue
    }

    It 'appends, replaces, and says what it cannot do' {
        Set-Content "$Work/more.conf" "[Interface]`nAddress = 10.88.0.1/24`n[Peer]`nPublicKey = $((New-WgKey).PublicKey)`nAllowedIPs = 10.90.0.0/16"
        (Import-WgConfig "$Work/more.conf" -Name $A.Tunnel -Mode Append).Property | Should -Be 'Address', 'Peer', 'AllowedIP', 'Route'
        (Get-WgPeer $A.Tunnel).Count | Should -Be 2
        (Import-WgConfig $A.Config -Mode Replace).Kind | Should -Contain 'Removed'
        Get-Item $A.Config | Import-WgConfig -ErrorAction Stop | Should -BeNullOrEmpty -Because 'the file in the pipeline means its own tunnel'
        (Get-WgPeer $A.Tunnel).LastHandshake | Should -BeNullOrEmpty
        Test-Ping $A $B.Inner 1 | Should -BeTrue
        Set-Content "$Work/bad.conf" "[Interface]`nListenPrt = 1"
        Get-ErrorId { Import-WgConfig "$Work/bad.conf" $A.Tunnel } | Should -BeLike 'ConfigInvalid,*'
        Get-ErrorId { Import-WgConfig "$Work/nosuch.conf" $A.Tunnel } | Should -BeLike 'ConfigNotFound,*'
        Get-ErrorId { Import-WgConfig $A.Config nosuch } | Should -BeLike 'TunnelNotFound,*'
        Get-ErrorId { Import-WgConfig $A.Config 'no such' } | Should -BeLike 'InvalidTunnelName,*'
        Set-Content "$Work/table.conf" "[Interface]`nTable = 77"
        Get-ErrorId { Import-WgConfig "$Work/table.conf" $A.Tunnel } | Should -BeLike 'HostNetworkFailed,*'
        Import-WgConfig $A.Config | Should -BeNullOrEmpty
    }

    It 'saves the tunnel to its file, and foresees that exactly' {
        $before = Get-Content -Raw $A.Config
        $mode = (Get-Item $A.Config).UnixFileMode
        Save-WgTunnel $A.Tunnel | Should -BeNullOrEmpty
        $new = (New-WgKey).PublicKey
        Add-WgPeer $A.Tunnel $new 10.91.0.0/16 -PeerName saved
        $foreseen = Save-WgTunnel $A.Tunnel -WhatIf
        Get-Content -Raw $A.Config | Should -Be $before
        $done = Get-WgTunnel $A.Tunnel | Save-WgTunnel
        $done | ConvertTo-Json | Should -Be ($foreseen | ConvertTo-Json)
        $done.Property | Should -Be 'Peer', 'Name', 'AllowedIP'
        Get-Content -Raw $A.Config | Should -Be ($before.TrimEnd("`n") + "`n`n# Name = saved`n[Peer]`nPublicKey = $new`nAllowedIPs = 10.91.0.0/16`n")
        (Get-Item $A.Config).UnixFileMode | Should -Be $mode
        Sync-WgConfig $A.Tunnel | Should -BeNullOrEmpty
        Remove-WgPeer $A.Tunnel saved
        (Save-WgTunnel $A.Tunnel).Kind | Should -Be 'Removed'
        (Get-Content -Raw $A.Config).TrimEnd() | Should -Be $before.TrimEnd()

        Move-Item $A.Config "$($A.Config).away"
        Get-ErrorId { Save-WgTunnel $A.Tunnel } | Should -BeLike 'SaveFailed,*'
        Move-Item "$($A.Config).away" $A.Config
        Get-ErrorId { Save-WgTunnel nosuch } | Should -BeLike 'TunnelNotFound,*'
        { Save-WgTunnel nosuch* } | Should -Not -Throw
    }

    It 'sets properties of the tunnel, each once' {
        $foreseen = Set-WgTunnel $A.Tunnel -ListenPort 51899 -Mtu 1380 -Address "$($A.Inner)/24" -FwMark 7 -WhatIf
        $changes = Set-WgTunnel $A.Tunnel -ListenPort 51899 -Mtu 1380 -Address "$($A.Inner)/24" -FwMark 7
        $changes.Property | Should -Be 'ListenPort', 'FwMark', 'Address', 'Mtu', 'Route'
        $changes | ConvertTo-Json | Should -Be ($foreseen | ConvertTo-Json)
        Set-WgTunnel $A.Tunnel -ListenPort 51899 -Mtu 1380 -Address "$($A.Inner)/24" -FwMark 7 | Should -BeNullOrEmpty
        $tunnel = Get-WgTunnel $A.Tunnel
        $tunnel.ListenPort, $tunnel.Mtu, $tunnel.FwMark | Should -Be 51899, 1380, 7
        Test-Ping $A $B.Inner 1 | Should -BeTrue

        $key = New-WgKey
        $changed = Set-WgTunnel $A.Tunnel -PrivateKey $key.PrivateKey -Force
        $changed.Property, $changed.From, $changed.To | Should -Be 'PrivateKey', $null, $null
        (Get-WgTunnel $A.Tunnel).PublicKey | Should -Be $key.PublicKey
        Get-ErrorId { Set-WgTunnel $A.Tunnel -Mtu 12 } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Set-WgTunnel $A.Tunnel -Address nonsense } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Set-WgTunnel $A.Tunnel -PrivateKey (ConvertTo-SecureString -AsPlainText x) } | Should -BeLike 'InvalidKey,*'
        Sync-WgConfig $A.Tunnel | Out-Null
        Test-Ping $A $B.Inner 1 | Should -BeTrue
    }

    It 'lets a group look without being root, see no key and change nothing' {
        Copy-Item -Recurse $Module $Work/WireGuard
        chmod -R a+rX $Work/WireGuard
        chmod 755 $Work
        $script = {
            $ErrorActionPreference = 'Continue'
            Import-Module $env:WGL_MODULE
            "$((Get-WgTunnel $env:WGL_TUNNEL).ListenPort) $((Get-WgPeer $env:WGL_TUNNEL).Name) $((Get-WgStatus $env:WGL_TUNNEL).Tunnel)"
            foreach ($call in { Get-WgTunnel $env:WGL_TUNNEL -IncludeSecret }, { Set-WgTunnel $env:WGL_TUNNEL -Mtu 1300 }, { Stop-WgTunnel $env:WGL_TUNNEL }) {
                $problem = & $call 2>&1
                $problem.FullyQualifiedErrorId -replace ',.*'
            }
        }
        $env:WGL_MODULE, $env:WGL_TUNNEL = "$Work/WireGuard", $A.Tunnel
        try {
            $member = setpriv --reuid 65534 --regid 65534 --groups 54321 env "HOME=$Work/none" $Pwsh -NoProfile -NonInteractive -Command $script.ToString()
            $stranger = setpriv --reuid 65534 --regid 65534 --clear-groups env "HOME=$Work/none" $Pwsh -NoProfile -NonInteractive -Command $script.ToString() 2>$null
        }
        finally { $env:WGL_MODULE, $env:WGL_TUNNEL = $null, $null }
        chmod 700 $Work
        $member | Should -Be "$($A.Port) the-other-end $($A.Tunnel)", 'AccessDenied', 'AccessDenied', 'AccessDenied'
        $stranger[-1] | Should -Be 'EngineAccessDenied'
        Get-ErrorId { Start-WgTunnel $A.Config -ControlGroupWrite } | Should -BeLike 'InvalidValue,*'
    }

    It 'gives secrets only when asked' {
        (Get-WgTunnel $A.Tunnel).PrivateKey | Should -BeNullOrEmpty
        $key = (Get-WgTunnel $A.Tunnel -IncludeSecret).PrivateKey | ConvertFrom-SecureString -AsPlainText
        $key | Should -Be ($A.Key.PrivateKey | ConvertFrom-SecureString -AsPlainText)
        (Get-WgPeer $A.Tunnel -IncludeSecret).PresharedKey | ConvertFrom-SecureString -AsPlainText | Should -Be $Psk
    }

    It 'stops both and leaves nothing behind' {
        $stopped = Get-WgTunnel $A.Tunnel, $B.Tunnel | Stop-WgTunnel -PassThru
        $stopped.State | Should -Be 'Stopped', 'Stopped'
        Get-WgTunnel | Should -BeNullOrEmpty
        foreach ($end in $A, $B) {
            Test-ProcessRuns $end.ProcessId | Should -BeFalse
            Test-Link $end | Should -BeFalse
            Test-Path "$Work/run/$($end.Tunnel).sock" | Should -BeFalse
            ip -n $end.Namespace route show | Should -Not -Match $end.Tunnel
        }
    }

    It 'restarts with the file and the options that it was started with, from its own namespace only' {
        $A.ProcessId = [int](Invoke-Inside $A "(Start-WgTunnel '$($A.Config)' -Forward -PassThru).ProcessId")
        Get-ErrorId { Restart-WgTunnel $A.Tunnel } | Should -BeLike 'NotRestartable,*'
        $before = $A.ProcessId
        $A.ProcessId = [int](Invoke-Inside $A "(Restart-WgTunnel $($A.Tunnel) -PassThru).ProcessId")
        $A.ProcessId | Should -Not -Be $before
        Test-ProcessRuns $before | Should -BeFalse
        ip netns exec $A.Namespace sysctl -n "net.ipv4.conf.$($A.Tunnel).forwarding" | Should -Be 1
        Stop-WgTunnel $A.Tunnel
    }

    It 'restarts from what it was stopped with' {
        $id = Invoke-Inside $A "Start-WgTunnel '$($A.Config)'; (Stop-WgTunnel $($A.Tunnel) -PassThru | Start-WgTunnel -PassThru).ProcessId"
        $A.ProcessId = [int]$id
        (Get-WgTunnel $A.Tunnel).State | Should -Be 'Up'
        Stop-WgTunnel $A.Tunnel
    }

    It 'puts interface and sockets into the namespaces that it is told' {
        $name = "wgn$PID"
        Set-Content "$Work/$name.conf" "[Interface]`
PrivateKey = $(New-WgKey -AsPlainText)`
ListenPort = 51999`
Address = 10.99.0.1/24`
"
        chmod 600 "$Work/$name.conf"
        Get-ErrorId { Start-WgTunnel "$Work/$name.conf" -NetNs "wgl-$PID-none" } | Should -BeLike 'InvalidValue*'
        Get-ErrorId { Start-WgTunnel "$Work/$name.conf" -NetNs $A.Namespace -ExcludeRoute 10.0.0.0/8 } | Should -BeLike 'InvalidValue*'
        (TabExpansion2 "Start-WgTunnel x -NetNs $($A.Namespace.Substring(0, 3))").CompletionMatches.CompletionText | Should -Contain $A.Namespace
        try {
            $null = Start-WgTunnel "$Work/$name.conf" -NetNs $A.Namespace -SocketNetNs $B.Namespace -KillSwitch -Forward
            $tunnel = Get-WgTunnel $name
            $tunnel.NetNs, $tunnel.SocketNetNs | Should -Be $A.Namespace, $B.Namespace
            $tunnel.KillSwitch, $tunnel.Forward, $tunnel.ExcludeRoute.Count | Should -Be $true, $true, 0
            $tunnel | Format-List | Out-String | Should -Match "KillSwitch +: True\s+Forward +: True\s+ConfigPath"
            $tunnel | Format-List | Out-String | Should -Match "NetNs +: $($A.Namespace)"
            ip -n $A.Namespace -brief address show dev $name | Should -Match '10\.99\.0\.1/24'
            ip netns exec $B.Namespace ss -lun | Out-String | Should -Match ':51999'
        }
        finally { Stop-WgTunnel $name }
        ip -n $A.Namespace link show dev $name 2>&1 | Out-String | Should -Match 'does not exist'
    }

    It 'undoes on the host what an engine that was killed has left' -Skip:(-not (Get-Command nft -CommandType Application -ErrorAction Ignore)) {
        $rules = ip -n $A.Namespace rule show
        $name = "wgk$PID"
        Set-Content "$Work/$name.conf" "[Interface]`
PrivateKey = $(New-WgKey -AsPlainText)`
[Peer]`
PublicKey = $($B.Key.PublicKey)`
AllowedIPs = 0.0.0.0/0`
"
        chmod 600 "$Work/$name.conf"
        $id = [int](Invoke-Inside $A "(Start-WgTunnel '$Work/$name.conf' -PassThru).ProcessId")
        Stop-Process -Id $id -Force
        while (Test-ProcessRuns $id) { Start-Sleep -Milliseconds 20 }
        ip -n $A.Namespace rule show | Should -Not -Be $rules
        Invoke-Inside $A "Stop-WgTunnel '$name'"
        ip -n $A.Namespace rule show | Should -Be $rules
        Get-ChildItem "$Work/run/$name*" -Exclude *.log, *.log.1 | Should -BeNullOrEmpty
        Get-ErrorId { Stop-WgTunnel $name } | Should -BeLike 'TunnelNotFound*'
    }

    It 'opens by <Word> a kill switch that was left closed' -ForEach @(
        @{ Word = 'Stop-WgTunnel' }
        @{ Word = 'Unregister-WgService -Stop' }
    ) -Skip:(-not (Get-Command nft -CommandType Application -ErrorAction Ignore)) {
        $name = "wgc$PID"
        Set-Content "$Work/$name.conf" "[Interface]`nPrivateKey = $(New-WgKey -AsPlainText)"
        chmod 600 "$Work/$name.conf"
        $id = [int](Invoke-Inside $A "(Start-WgTunnel '$Work/$name.conf' -KillSwitch -PassThru).ProcessId")
        Stop-Process -Id $id -Force
        while (Test-ProcessRuns $id) { Start-Sleep -Milliseconds 20 }
        function Get-Table { ip netns exec $A.Namespace nft list tables | Where-Object { $_ -like "*killswitch-$name" } }
        Get-Table | Should -Not -BeNullOrEmpty
        if ($Word -eq 'Stop-WgTunnel') {
            Invoke-Inside $A "Stop-WgTunnel '$name'"
        }
        else {
            # Without -Stop it stays, and both ways to open it are named.
            $warned = Invoke-Inside $A "Unregister-WgService '$name' -WarningVariable w -WarningAction SilentlyContinue; `$w"
            "$warned" | Should -Be "The kill switch of $name stays closed until ``wireguard-engine down $name`` or Stop-WgTunnel $name."
            Get-Table | Should -Not -BeNullOrEmpty
            Invoke-Inside $A "Unregister-WgService '$name' -Stop | ForEach-Object Property" | Should -Be 'KillSwitch'
        }
        Get-Table | Should -BeNullOrEmpty
        Get-ChildItem "$Work/run/$name*" -Exclude *.log, *.log.1 | Should -BeNullOrEmpty
    }
}

Describe 'A real engine''s keys' -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $saved = $env:WIREGUARD_ENGINE
        if (-not $saved) { $env:WIREGUARD_ENGINE = "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
    }

    AfterAll { $env:WIREGUARD_ENGINE = $saved }

    It 'are those of RFC 7748, section 6.1' {
        'dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=' | Get-WgPublicKey | Should -Be 'hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo='
    }

    It 'agree with wg pubkey for many keys through one process' -Skip:(-not $HasWg) {
        $keys = 1..20 | ForEach-Object { New-WgKey -AsPlainText }
        $keys | Get-WgPublicKey | Should -Be ($keys | ForEach-Object { $_ | wg pubkey })
    }
}
