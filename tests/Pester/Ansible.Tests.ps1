# The sample playbook against this machine, with a real engine in a network namespace of its own.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not (Get-Command ansible-playbook -CommandType Application -ErrorAction Ignore)) { 'there is no ansible-playbook (Debian: ansible-core)' }
    elseif (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip -CommandType Application -ErrorAction Ignore)) { 'there is no ip command' }
}

Describe "The sample playbook$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wga-$PID"
        $null = New-Item -ItemType Directory $Work/run, $Work/conf, $Work/modules, $Work/ansible
        chmod 700 $Work $Work/run
        $null = New-Item -ItemType SymbolicLink $Work/modules/WireGuard -Target (Get-TestModulePath)
        $SavedEnvironment = $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR, $env:PSModulePath
        $env:WIREGUARD_ENGINE = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" | Resolve-Path | ForEach-Object Path }
        $env:WIREGUARD_ENGINE_RUNTIME_DIR = "$Work/run"
        $env:PSModulePath = "$Work/modules:$env:PSModulePath"
        $env:ANSIBLE_LOCAL_TEMP = $env:ANSIBLE_REMOTE_TMP = "$Work/ansible"
        $env:ANSIBLE_NOCOLOR = '1'
        $Playbook = "$PSScriptRoot/../../examples/ansible/site.yml" | Resolve-Path | ForEach-Object Path
        $Name = "wga$PID"
        ip netns add $Name

        $Key = New-WgKey
        $Key.PrivateKey | ConvertFrom-SecureString -AsPlainText | Set-Content $Work/host.key
        chmod 600 $Work/host.key
        function Set-Topology([int] $Mtu) {
            Set-Content $Work/site.yaml @(
                'hosts:'
                "  ${Name}: {address: 10.90.0.1/24, publicKey: '$($Key.PublicKey)', privateKeyFile: $Work/host.key, mtu: $Mtu}"
                "  other: {address: 10.90.0.2/24, endpoint: '192.0.2.9:51820', publicKey: '$($PeerKeys[0])'}"
                'links:'
                '- kind: full-mesh'
            )
        }

        # What the play recap counts as changed.
        function Invoke-Playbook([switch] $Check) {
            Set-Content $Work/inventory.ini '[wireguard]', "$Name ansible_connection=local"
            $said = ip netns exec $Name ansible-playbook -i $Work/inventory.ini $Playbook -e topology=$Work/site.yaml -e config_directory=$Work/conf $(if ($Check) { '--check' }) 2>&1 | Out-String
            if ($LASTEXITCODE) { throw $said }
            [int][regex]::Match($said, 'changed=(\d+)').Groups[1].Value
        }
    }

    AfterAll {
        Get-WgTunnel "wga$PID" -ErrorAction Ignore | Stop-WgTunnel
        ip netns delete "wga$PID"
        Remove-Item -Recurse -Force $Work -ErrorAction Ignore
        $env:WIREGUARD_ENGINE, $env:WIREGUARD_ENGINE_RUNTIME_DIR, $env:PSModulePath = $SavedEnvironment
        $env:ANSIBLE_LOCAL_TEMP = $env:ANSIBLE_REMOTE_TMP = $env:ANSIBLE_NOCOLOR = $null
    }

    It 'tells beforehand that the tunnel would be started, and does nothing' {
        Set-Topology 1400
        Invoke-Playbook -Check | Should -Be 1
        Get-ChildItem $Work/conf | Should -BeNullOrEmpty
        Get-WgTunnel $Name -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'starts it' {
        Invoke-Playbook | Should -Be 1
        $tunnel = Get-WgTunnel $Name
        $tunnel.Mtu | Should -Be 1400
        $tunnel.PublicKey | Should -Be $Key.PublicKey
        $tunnel.Peers.Name | Should -Be 'other'
        [int][IO.File]::GetUnixFileMode("$Work/conf/$Name.conf") | Should -Be ([Convert]::ToInt32('600', 8))
    }

    It 'finds nothing to do then' { Invoke-Playbook | Should -Be 0 }

    It 'brings a change to the tunnel that runs, and tells it beforehand' {
        $process = (Get-WgTunnel $Name).ProcessId
        Set-Topology 1300
        Invoke-Playbook -Check | Should -Be 1
        (Get-WgTunnel $Name).Mtu | Should -Be 1400
        Invoke-Playbook | Should -Be 1
        (Get-WgTunnel $Name).Mtu | Should -Be 1300
        (Get-WgTunnel $Name).ProcessId | Should -Be $process
        Get-Content "$Work/conf/$Name.conf" | Should -Contain 'MTU = 1300'
    }
}
