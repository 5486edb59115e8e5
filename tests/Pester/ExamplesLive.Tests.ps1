# Every example of the help that takes a real engine is run on a host made of a network namespace, beside one that answers, each
# time anew. Needs root, ip(8), ping(8) and the engine: $env:WIREGUARD_ENGINE or out/engine/wireguard-engine.

BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    . $PSScriptRoot/Examples.ps1
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip, ping -CommandType Application -ErrorAction Ignore)) { 'needs ip and ping' }
    $Examples = @(Get-HelpExample) | Where-Object Where -EQ Real
}

Describe "Examples of the help, with real engines$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        $SavedEnvironment = $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wgx-$PID"
        $null = New-Item -ItemType Directory $Work, $Work/run, $Work/far
        chmod 700 $Work $Work/run $Work/far
        # Compiled once, which takes a second of a processor, and in a process of its own: another suite may have the type in this one.
        & (Get-Process -Id $PID).Path -NoProfile -Command "Add-Type -Path '$PSScriptRoot/AskingHost.cs' -OutputAssembly '$Work/AskingHost.dll'"
        $Here, $There, $Far = "wgx-$PID-h", "wgx-$PID-t", "wgx$PID"
        # A folder to mount something over has to be there; what was not is taken away again.
        $Made = '/run/wireguard', '/run/systemd', '/etc/wireguard', '/etc/systemd' | Where-Object { -not (Test-Path $_) }
        foreach ($folder in $Made) { $null = New-Item -ItemType Directory $folder }

        function Invoke-Ip {
            ip @args
            if ($LASTEXITCODE) { throw "ip $args failed with $LASTEXITCODE" }
        }

        Invoke-Ip netns add $Here
        Invoke-Ip netns add $There
        Invoke-Ip link add eth0 netns $Here type veth peer name eth0 netns $There
        foreach ($end in @($Here, '203.0.113.1/24'), @($There, '203.0.113.2/24')) {
            Invoke-Ip -n $end[0] link set lo up
            Invoke-Ip -n $end[0] address add $end[1] dev eth0
            Invoke-Ip -n $end[0] link set eth0 up
        }

        $ours, $theirs = (New-WgKey), (New-WgKey)
        function Get-Text($Key) { $Key.PrivateKey | ConvertFrom-SecureString -AsPlainText }
        Set-Content "$Work/wg0.conf" @"
[Interface]
PrivateKey = $(Get-Text $ours)
Address = 10.0.0.1/24
MTU = 1420
ListenPort = 51820

# Name = phone
[Peer]
PublicKey = $($theirs.PublicKey)
AllowedIPs = 10.0.0.2/32, 10.9.0.0/24
Endpoint = 203.0.113.2:51820
"@
        Set-Content "$Work/far/$Far.conf" @"
[Interface]
PrivateKey = $(Get-Text $theirs)
Address = 10.0.0.2/24, 10.9.0.7/32
ListenPort = 51820
[Peer]
PublicKey = $($ours.PublicKey)
AllowedIPs = 10.0.0.1/32
"@
        chmod 600 "$Work/wg0.conf" "$Work/far/$Far.conf"
        ip netns exec $There env "WIREGUARD_ENGINE_RUNTIME_DIR=$Work/far" $Engine up "$Work/far/$Far.conf"
        if ($LASTEXITCODE) { throw "The other end ended with $LASTEXITCODE." }
    }

    AfterAll {
        ip netns exec $There env "WIREGUARD_ENGINE_RUNTIME_DIR=$Work/far" $Engine down $Far
        foreach ($namespace in $Here, $There) {
            foreach ($id in ip netns pids $namespace 2>$null) { Stop-Process -Id $id -Force -ErrorAction Ignore }
            ip netns delete $namespace 2>&1 | Out-Null
        }
        foreach ($folder in $Made) { [IO.Directory]::Delete($folder) }
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR = $SavedEnvironment
    }

    It '<Id>: <Code>' -ForEach $Examples {
        Remove-Item -Recurse -Force "$Work/here" -ErrorAction Ignore
        $said = ip netns exec $Here (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $PSScriptRoot/Invoke-LiveExample.ps1 -Code $Code `
            -Work $Work -Engine $Engine -Module (Get-TestModulePath) 2>&1 | Out-String
        $LASTEXITCODE | Should -Be 0 -Because $said
        # What an example warns of comes before.
        $result = ($said.Trim() -split "`n")[-1] | ConvertFrom-Json
        $result.Problems | Should -BeNullOrEmpty
        if ($Shows) { $result.Shown | Should -Not -BeNullOrEmpty -Because 'it says that it shows something' }
    }
}
