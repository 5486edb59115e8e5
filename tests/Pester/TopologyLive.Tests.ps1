# Twenty network namespaces joined by a bridge, in each an engine with what Import-WgTopology made of one file.
# Needs root, ip(8), ping(8) and the engine: $env:WIREGUARD_ENGINE or out/engine/wireguard-engine.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip, ping -CommandType Application -ErrorAction Ignore)) { 'needs ip and ping' }
    elseif ([int64]((Get-Content /proc/meminfo | Select-String '^MemAvailable:\s+(\d+)').Matches[0].Groups[1].Value) -lt 3MB) { 'needs 3 GiB of free memory' }
}

Describe "A topology of twenty hosts$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        $SavedEnvironment = $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wgt-$PID"
        $null = New-Item -ItemType Directory $Work/run
        chmod 700 $Work $Work/run
        $env:WIREGUARD_ENGINE = $Engine
        $env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"

        # Sockets of tunnels are files that all namespaces share: the process id keeps their names apart from others'.
        $Hosts = 1..20 | ForEach-Object {
            [pscustomobject]@{ Name = "t${PID}x$_"; Outer = "192.0.2.$_"; Inner = "10.88.0.$_"; IsHub = $_ -le 4 }
        }
        $Switch = "t${PID}sw"

        # Commands of ip, a line each, in one process.
        function Invoke-IpBatch([string[]] $Lines) {
            $said = $Lines | ip -batch - 2>&1
            if ($LASTEXITCODE) { throw "ip -batch: $said" }
        }

        foreach ($name in @($Switch) + $Hosts.Name) { Invoke-IpBatch "netns add $name" }
        Invoke-IpBatch @(
            foreach ($end in $Hosts) { "link add $($end.Name) netns $Switch type veth peer name eth0 netns $($end.Name)" }
        )
        ip -n $Switch link add br0 type bridge
        ip -n $Switch link set br0 up
        foreach ($end in $Hosts) {
            $lines = "link set $($end.Name) master br0", "link set $($end.Name) up"
            $lines | ip -n $Switch -batch -
            "link set lo up", "address add $($end.Outer)/24 dev eth0", 'link set eth0 up' | ip -n $end.Name -batch -
        }
    }

    AfterAll {
        if ($Hosts) {
            Get-WgTunnel "t${PID}x*" -ErrorAction Continue | Stop-WgTunnel -ErrorAction Continue
            foreach ($name in $Hosts.Name + $Switch) { ip netns delete $name 2>&1 | Out-Null }
        }
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR = $SavedEnvironment
    }

    It 'is a file for each host' {
        $yaml = @(
            'hosts:'
            foreach ($end in $Hosts) {
                "  $($end.Name): {address: $($end.Inner)/24$(if ($end.IsHub) { ", endpoint: '$($end.Outer):51820'" })}"
            }
            'links:'
            '- kind: full-mesh'
            "  hosts: [$($Hosts[0..3].Name -join ', ')]"
            foreach ($hub in 0..3) {
                "- {kind: hub-and-spoke, hub: $($Hosts[$hub].Name), spokes: [$($Hosts[(4 + 4 * $hub)..(7 + 4 * $hub)].Name -join ', ')]}"
            }
        )
        Set-Content $Work/site.yaml $yaml
        Import-WgTopology $Work/site.yaml -GenerateKey | Export-WgConfig -Directory $Work/conf -PassThru | Should -HaveCount 20
    }

    It 'comes up' {
        # As each host would; all at once, for a start waits more than it works.
        $script = @(
            foreach ($end in $Hosts) {
                "ip netns exec $($end.Name) '$Engine' up '$Work/conf/$($end.Name).conf' --timeout 60 $(if ($end.IsHub) { '--forward' }) 2>&1 &"
            }
            'wait'
        ) -join "`n"
        bash -c $script | Out-Host
        $tunnels = Get-WgTunnel "t${PID}x*"
        $tunnels | Should -HaveCount 20
        $tunnels.State | Select-Object -Unique | Should -Be 'Up'
    }

    It 'lets every host reach every other one, hubs passing on' {
        # A hub cannot speak to a spoke that has not spoken yet, and says so: ping ends with that, and is asked again.
        $loop = 'for a; do end=$((SECONDS + 60)); until ping -n -q -c 1 -W 2 $a >/dev/null; do ((SECONDS < end)) || continue 2; sleep 0.3; done; echo $from $a; done'
        $script = @(
            foreach ($end in $Hosts) {
                $others = $Hosts.Inner -ne $end.Inner
                "from=$($end.Inner) ip netns exec $($end.Name) bash -c '$loop' bash $others &"
            }
            'wait'
        ) -join "`n"
        $reached = bash -c $script
        $missing = foreach ($from in $Hosts.Inner) { foreach ($to in $Hosts.Inner -ne $from) { if ("$from $to" -notin $reached) { "$from $to" } } }
        $missing | Should -BeNullOrEmpty
        $reached | Should -HaveCount 380
    }

    It 'has spokes that know their hub only' {
        $spoke = Get-WgTunnel $Hosts[7].Name
        $spoke.Peers.Name | Should -Be $Hosts[0].Name
        $spoke.Peers.AllowedIPs | Should -HaveCount 19
        $spoke.Peers.IsStale | Should -BeFalse
        (Get-WgTunnel $Hosts[0].Name).Peers.Name | Should -Be ($Hosts[1..3] + $Hosts[4..7]).Name
    }

    It 'passes the sample test of infrastructure, and fails where something does not hold' {
        $sample = "$PSScriptRoot/../../examples/infrastructure.Tests.ps1" | Resolve-Path | ForEach-Object Path
        $script = "Import-Module '$(Get-TestModulePath)', Pester; foreach (`$reach in '$($Hosts[19].Inner)', '172.16.0.1') { " +
            "`$container = New-PesterContainer -Path '$sample' -Data @{ Tunnel = '$($Hosts[7].Name)'; Reach = `$reach }; " +
            "`$result = Invoke-Pester -Container `$container -Output None -PassThru; `$result.PassedCount; `$result.FailedCount }"
        pwsh -NoProfile -NonInteractive -Command $script | Should -Be '4', '0', '3', '1'
    }

    It 'goes down again' {
        Get-WgTunnel "t${PID}x*" | Stop-WgTunnel
        Get-WgTunnel "t${PID}x*" | Should -BeNullOrEmpty
        foreach ($end in $Hosts) { (ip -n $end.Name -brief link) -match "^$($end.Name)" | Should -BeNullOrEmpty }
    }
}
