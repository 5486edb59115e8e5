# A host that others join and a host that joins, each in a network namespace of its own, with real engines, from a real pwsh.
# Needs root, ip(8) and the engine: $env:WIREGUARD_ENGINE or out/engine/wireguard-engine.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip -CommandType Application -ErrorAction Ignore)) { 'there is no ip command' }
}

Describe "Joining a network$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Variables = 'WIREGUARD_ENGINE', 'WIREGUARD_ENGINE_RUNTIME_DIR', 'WIREGUARD_ENGINE_STATE_DIR', 'WIREGUARD_CONFIG_DIR', 'WGE_SECRET'
        $Saved = $Variables | ForEach-Object { [Environment]::GetEnvironmentVariable($_) }
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wge-$PID"
        $null = New-Item -ItemType Directory $Work/run, $Work/state, $Work/etc
        chmod 700 $Work $Work/run $Work/state $Work/etc
        if (-not $env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE = "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        $env:WIREGUARD_ENGINE_RUNTIME_DIR, $env:WIREGUARD_ENGINE_STATE_DIR, $env:WIREGUARD_CONFIG_DIR = "$Work/run", "$Work/state", "$Work/etc"
        $Server, $Client, $Guest = "wgs$PID", "wgc$PID", "wgg$PID"
        $There, $Here = "wge-$PID-s", "wge-$PID-c"

        function Invoke-Ip {
            ip @args
            if ($LASTEXITCODE) { throw "ip $args failed with $LASTEXITCODE" }
        }

        Invoke-Ip netns add $There
        Invoke-Ip netns add $Here
        Invoke-Ip link add "vs$PID" netns $There type veth peer name "vc$PID" netns $Here
        foreach ($end in @($There, "vs$PID", '192.0.2.1/24'), @($Here, "vc$PID", '192.0.2.2/24')) {
            Invoke-Ip -n $end[0] link set lo up
            Invoke-Ip -n $end[0] address add $end[2] dev $end[1]
            Invoke-Ip -n $end[0] link set $end[1] up
        }

        $Pwsh = (Get-Process -Id $PID).Path
        $Prelude = "`$ErrorActionPreference = 'Stop'; Import-Module '$(Get-TestModulePath)'; "

        function Invoke-Inside([string] $Namespace, [string] $Script) {
            ip netns exec $Namespace $Pwsh -NoProfile -NonInteractive -Command ($Prelude + $Script)
            if ($LASTEXITCODE) { throw "pwsh in $Namespace ended with $LASTEXITCODE" }
        }

        # Joins from the other namespace; what is secret goes there by the environment. Its words come back, or the id of its error.
        function Join-FromHere([string] $Secret, [string] $Arguments) {
            $env:WGE_SECRET = $Secret
            $given = '(ConvertTo-SecureString $env:WGE_SECRET -AsPlainText)'
            Invoke-Inside $Here "try { & { Join-WgNetwork -Timeout 10 $($Arguments.Replace('SECRET', $given)) } 6>`$null } catch { `$_.FullyQualifiedErrorId }"
        }

        # The code as a person reads it from the screen.
        function Read-ShownCode($Pipeline) {
            Wait-For { "$($Pipeline.Shell.Streams.Information)" -match '\d{3} \d{3}' }
            ("$($Pipeline.Shell.Streams.Information)" | Select-String '\d{3} \d{3}').Matches[0].Value
        }

        function Test-Ping([string] $Target, [int] $Wait = 5) {
            $null = ip netns exec $Here ping -c 1 -W $Wait $Target
            $LASTEXITCODE -eq 0
        }
    }

    AfterAll {
        Get-WgTunnel | Stop-WgTunnel -ErrorAction Continue
        foreach ($namespace in $There, $Here) { ip netns delete $namespace 2>&1 | Out-Null }
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        for ($i = 0; $i -lt $Variables.Count; $i++) { [Environment]::SetEnvironmentVariable($Variables[$i], $Saved[$i]) }
    }

    It 'starts a server that nobody can join yet' {
        $pools = Invoke-Inside $There "(Start-WgEnrollmentServer -Name $Server -Pool 10.150.0.0/24, fd42:150::/64 -Endpoint 192.0.2.1 -PassThru).Pools.Server"
        $pools | Should -Be '10.150.0.1', 'fd42:150::1'
        (Get-WgEnrollment $Server).State | Should -Be 'Closed'
        (Get-WgStatus $Server).Enrollment | Should -Be 'Closed'
    }

    It 'lets a host join by the code that a script has opened a window with' {
        $window = Open-WgEnrollment $Server -NoWait -Force
        $tunnel = Join-FromHere ($window.Code | ConvertFrom-SecureString -AsPlainText) "192.0.2.1:51820 -Code SECRET -Name $Client -PeerName laptop -PassThru | ForEach-Object Addresses"
        $tunnel | Should -Be '10.150.0.2/24', 'fd42:150::2/64'
        Test-Ping 10.150.0.1 | Should -BeTrue
        Test-Ping fd42:150::1 | Should -BeTrue
        $peer = (Get-WgEnrollment $Server).Peers
        $peer.Name, $peer.Addresses[0] | Should -Be 'laptop', '10.150.0.2/24'
        (Get-WgEnrollment $Server).Window.Joined | Should -Be 'laptop'
        [int][IO.File]::GetUnixFileMode("$Work/etc/$Client.conf") | Should -Be ([Convert]::ToInt32('600', 8))
        Close-WgEnrollment $Server
        (Get-WgEnrollment $Server).State | Should -Be 'Closed'
    }

    It 'shows a code, counts wrong ones, lets the same host in again with the same address, and ends with the last one' {
        $opening = Start-Pipeline "Open-WgEnrollment $Server -Seconds 120 -MaxPeers 1 -Force"
        $code = Read-ShownCode $opening
        $wrong = if ($code[0] -eq '0') { '111 111' } else { '000 000' }
        Join-FromHere $wrong "192.0.2.1 -Code SECRET -Name $Client" | Should -BeLike 'WrongCode,*'
        (Get-WgEnrollment $Server).Window.GuessesLeft | Should -Be 2
        Join-FromHere $code "192.0.2.1 -Code SECRET -Name $Client -PeerName laptop" | Should -BeNullOrEmpty
        Wait-For { $opening.Result.IsCompleted }
        $peers = $opening.Shell.EndInvoke($opening.Result)
        $peers.Name, $peers.Addresses[0] | Should -Be 'laptop', '10.150.0.2/24'
        "$($opening.Shell.Streams.Warning)" | Should -BeLike '*192.0.2.2:*2 more*'
        $opening.Shell.Dispose()
        (Get-WgEnrollment $Server).Peers | Should -HaveCount 1
        Test-Ping 10.150.0.1 | Should -BeTrue
    }

    It 'waits for approval, and closes at Ctrl-C' {
        $opening = Start-Pipeline "Open-WgEnrollment $Server -Seconds 120 -Approve -Force"
        $env:WGE_SECRET = Read-ShownCode $opening
        Set-Content "$Work/join.ps1" ($Prelude + "Join-WgNetwork 192.0.2.1 -Code (ConvertTo-SecureString `$env:WGE_SECRET -AsPlainText) -Name $Guest -PeerName guest")
        $joining = Start-Pipeline "ip netns exec $Here $Pwsh -NoProfile -NonInteractive -File $Work/join.ps1"
        Wait-For { (Get-WgEnrollment $Server).Waiting }
        $waiting = (Get-WgEnrollment $Server).Waiting
        $waiting.Name, ($waiting.Endpoint -replace ':.*') | Should -Be 'guest', '192.0.2.2'
        (Get-WgEnrollment $Server).Peers | Should -HaveCount 1
        ($waiting | Approve-WgEnrollment -PassThru).Addresses[0] | Should -Be '10.150.0.3/24'
        Wait-For { $joining.Result.IsCompleted }
        $said = $joining.Shell.EndInvoke($joining.Result) | Out-String
        $said | Should -BeLike "*$($waiting.Fingerprint)*"
        (Get-WgTunnel $Guest).Addresses[0] | Should -Be '10.150.0.3/24'
        $joining.Shell.Dispose()
        (Get-WgEnrollment $Server).State | Should -Be 'Open'
        $opening.Shell.Stop()
        (Get-WgEnrollment $Server).State | Should -Be 'Closed'
        $opening.Shell.Dispose()
        Get-WgTunnel $Guest | Stop-WgTunnel
    }

    It 'lets a host join by an invitation, as often as it is good for' {
        $link = New-WgInvite $Server printer -ExpiresIn 1d -AsPlainText
        $name = "wgi$PID"
        Join-FromHere $link "-Link SECRET -Name $name -PassThru | ForEach-Object Addresses" | Should -Be '10.150.0.4/24', 'fd42:150::4/64'
        (Get-WgEnrollment $Server).Peers[-1].Name | Should -Be 'printer'
        (Get-WgInvite $Server).UsesLeft | Should -Be 0
        Stop-WgTunnel $name
        Join-FromHere $link "-Link SECRET -Name wgj$PID" | Should -BeLike 'JoinRefused,*'
        Join-FromHere $link.Substring(0, $link.Length - 2) "-Link SECRET -Name wgj$PID" | Should -BeLike 'InvalidInvitation,*'
        Get-WgInvite $Server | Revoke-WgInvite
        Get-WgInvite $Server | Should -BeNullOrEmpty
    }

    It 'keeps an address for who comes by a name' {
        (Add-WgReservation $Server scanner 10.150.0.66, fd42:150::66 -PassThru).Addresses | Should -Be '10.150.0.66', 'fd42:150::66'
        Get-ErrorId { Add-WgReservation $Server other 10.150.0.66 } | Should -BeLike 'EnrollmentRefused,*'
        Get-ErrorId { Add-WgReservation $Server other 10.150.0.1 } | Should -BeLike 'InvalidValue,*'
        Get-ErrorId { Add-WgReservation $Server other 10.151.0.2 } | Should -BeLike 'InvalidValue,*'
        $link = New-WgInvite $Server scanner -AsPlainText
        $name = "wgr$PID"
        Join-FromHere $link "-Link SECRET -Name $name -PassThru | ForEach-Object Addresses" | Should -Be '10.150.0.66/24', 'fd42:150::66/64'
        (Get-WgReservation $Server scanner).HeldBy | Should -Be (Get-WgEnrollment $Server).Peers[-1].PublicKey
        Stop-WgTunnel $name
        Get-WgPeer $Server -PeerName scanner | Revoke-WgPeer -Force
        Remove-WgReservation $Server scanner
        Get-WgReservation $Server | Should -BeNullOrEmpty
    }

    It 'closes the window of a PowerShell that is killed' {
        Set-Content "$Work/open.ps1" ($Prelude + "Open-WgEnrollment $Server -Seconds 600")
        $opening = Start-Process $Pwsh -PassThru -ArgumentList '-NoProfile', '-NonInteractive', '-File', "$Work/open.ps1" -RedirectStandardOutput "$Work/opening"
        Wait-For { (Get-WgEnrollment $Server).State -eq 'Open' }
        Stop-Process -Id $opening.Id -Force
        Wait-For { (Get-WgEnrollment $Server).State -eq 'Closed' }
    }

    It 'cuts off who is revoked' {
        Test-Ping 10.150.0.1 | Should -BeTrue
        (Get-WgPeer $Server -PeerName laptop | Revoke-WgPeer -Force -PassThru).Name | Should -Be 'laptop'
        (Get-WgEnrollment $Server).Peers.Name | Should -Not -Contain 'laptop'
        Test-Ping 10.150.0.1 1 | Should -BeFalse
    }

    It 'comes back with its peers and without a window' {
        $null = Open-WgEnrollment $Server -NoWait -Force
        Stop-WgTunnel $Server
        Invoke-Inside $There "Start-WgEnrollmentServer $Server"
        $status = Get-WgEnrollment $Server
        $status.State | Should -Be 'Closed'
        $status.Peers.Name | Should -Be 'guest', 'printer'
        $status.Endpoint | Should -Be '192.0.2.1:51820'
    }

    It 'says that nobody answers where no window is open' {
        Join-FromHere '123 456' "192.0.2.1 -Code SECRET -Name wgk$PID" | Should -BeLike 'JoinTimeout,*'
    }
}
