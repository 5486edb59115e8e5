# The package that ./build.sh package has left, installed into a home of the test's own, and the quick start run from there.
# Install-PSResource installs it where PowerShell has it; without, the test unpacks it by the same steps.

BeforeDiscovery {
    $version = ([xml](Get-Content "$PSScriptRoot/../../Directory.Build.props")).Project.PropertyGroup.Version
    $Package = "$PSScriptRoot/../../out/packages/WireGuard.$version.nupkg"
    $Reason = if (-not (Test-Path $Package)) { 'there is no package: ./build.sh package makes it' }
    $LiveReason = if ($Reason) { $Reason }
    elseif (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip, ping -CommandType Application -ErrorAction Ignore)) { 'needs ip and ping' }
    $HasPSResourceGet = [bool](Get-Module -ListAvailable Microsoft.PowerShell.PSResourceGet)
}

Describe "The package$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        $Version = ([xml](Get-Content "$PSScriptRoot/../../Directory.Build.props")).Project.PropertyGroup.Version
        $Package = "$PSScriptRoot/../../out/packages/WireGuard.$Version.nupkg" | Resolve-Path | ForEach-Object Path
        $Work = Join-Path ([IO.Path]::GetTempPath()) "wgi-$PID"
        $null = New-Item -ItemType Directory $Work/home, $Work/repository, $Work/run
        chmod 700 $Work $Work/run
        $Modules = "$Work/home/.local/share/powershell/Modules"
        $Pwsh = (Get-Process -Id $PID).Path

        # A shell that knows nothing of the build: a home and module path of its own, and the engine of the module.
        function Invoke-Installed([string] $Script, [string[]] $Before = @()) {
            $command = @($Before) + @('env', '-u', 'WIREGUARD_ENGINE', "HOME=$Work/home", 'XDG_DATA_HOME=', "WIREGUARD_ENGINE_RUNTIME_DIR=$Work/run",
                $Pwsh, '-NoProfile', '-NonInteractive', '-Command', "`$ErrorActionPreference = 'Stop'; `$ProgressPreference = 'SilentlyContinue'; $Script")
            & $command[0] $command[1..($command.Count - 1)]
            if ($LASTEXITCODE) { throw "pwsh ended with $LASTEXITCODE" }
        }
    }

    AfterAll { Remove-Item -Recurse -Force $Work -ErrorAction Ignore }

    It 'is what a gallery takes' {
        $archive = [IO.Compression.ZipFile]::OpenRead($Package)
        try {
            $reader = [IO.StreamReader]::new($archive.GetEntry('WireGuard.nuspec').Open())
            $metadata = ([xml]$reader.ReadToEnd()).package.metadata
            $metadata.id | Should -Be 'WireGuard'
            $metadata.version | Should -Be $Version
            $metadata.tags -split ' ' | Should -Contain 'PSModule'
            $metadata.authors, $metadata.description | Should -Not -BeNullOrEmpty
            $names = $archive.Entries.FullName
            foreach ($name in 'WireGuard.psd1', 'WireGuardPS.dll', 'dependencies/YamlDotNet.dll', 'en-US/about_WireGuard.help.txt', 'engine/wireguard-engine', 'LICENSE', '[Content_Types].xml', '_rels/.rels') {
                $names | Should -Contain $name
            }
            ($archive.GetEntry('engine/wireguard-engine').ExternalAttributes -shr 16) -band 0x49 | Should -Be 0x49
        }
        finally { $archive.Dispose() }
    }

    It "is installed by Install-PSResource from a local repository$(if (-not $HasPSResourceGet) { ' (skipped: this PowerShell has no Microsoft.PowerShell.PSResourceGet)' })" -Skip:(-not $HasPSResourceGet) {
        Copy-Item $Package $Work/repository
        Invoke-Installed "Register-PSResourceRepository -Name here -Uri '$Work/repository' -Trusted; Install-PSResource WireGuard -Repository here -Scope CurrentUser -TrustRepository"
        Test-Path $Modules/WireGuard/$Version/WireGuard.psd1 | Should -BeTrue
    }

    It 'is installed by the same steps without it' -Skip:$HasPSResourceGet {
        $target = "$Modules/WireGuard/$Version"
        $archive = [IO.Compression.ZipFile]::OpenRead($Package)
        try {
            foreach ($entry in $archive.Entries | Where-Object { $_.FullName -notmatch '^(\[Content_Types\]\.xml|_rels/|package/|[^/]+\.nuspec$)' }) {
                $path = "$target/$($entry.FullName)"
                $null = New-Item -ItemType Directory -Force (Split-Path $path)
                [IO.Compression.ZipFileExtensions]::ExtractToFile($entry, $path)
            }
        }
        finally { $archive.Dispose() }
        Test-ModuleManifest $target/WireGuard.psd1 | ForEach-Object Name | Should -Be 'WireGuard'
    }

    It 'has a module that is found by its name, with its help and its own engine' {
        $found = Invoke-Installed "`$module = Import-Module WireGuard -PassThru; `$module.ModuleBase; `$module.Version.ToString(); (Get-Help New-WgKey).Synopsis; (New-WgKey).PublicKey.Length; (Import-WgTopology '$PSScriptRoot/../../examples/site.yaml').Count"
        $found | Should -Be "$Modules/WireGuard/$Version", ($Version -split '-')[0], 'Makes a new key pair.', '44', '4'
    }

    Context "Quick start$(if ($LiveReason) { " (skipped: $LiveReason)" })" -Skip:([bool]$LiveReason) {
        BeforeAll {
            $Ends = @(
                @{ Name = "wgi${PID}a"; Outer = '192.0.2.1'; Inner = '10.0.0.1' }
                @{ Name = "wgi${PID}b"; Outer = '192.0.2.2'; Inner = '10.0.0.2' }
            )
            foreach ($end in $Ends) { ip netns add $end.Name }
            ip -n $Ends[0].Name link add eth0 type veth peer name eth0 netns $Ends[1].Name
            foreach ($end in $Ends) {
                ip -n $end.Name link set lo up
                ip -n $end.Name address add "$($end.Outer)/24" dev eth0
                ip -n $end.Name link set eth0 up
            }
        }

        AfterAll {
            Invoke-Installed "Import-Module WireGuard; Get-WgTunnel 'wgi${PID}*' | Stop-WgTunnel"
            foreach ($end in $Ends) { ip netns delete $end.Name }
        }

        It 'is a tunnel between two hosts' {
            foreach ($end in $Ends) {
                $end.Private, $end.Public = Invoke-Installed "Import-Module WireGuard; `$key = New-WgKey; `$key.PrivateKey | ConvertFrom-SecureString -AsPlainText; `$key.PublicKey"
            }
            foreach ($end in $Ends) {
                $other = $Ends | Where-Object { $_ -ne $end }
                $config = "$Work/$($end.Name).conf"
                Set-Content $config @"
[Interface]
PrivateKey = $($end.Private)
Address = $($end.Inner)/24
ListenPort = 51820

# Name = server
[Peer]
PublicKey = $($other.Public)
AllowedIPs = $($other.Inner)/32
Endpoint = $($other.Outer):51820
"@
                chmod 600 $config
                $process = Invoke-Installed -Before ip, netns, exec, $end.Name "Import-Module WireGuard; `$null = Test-WgConfig '$config' -Detailed; (Start-WgTunnel -Config '$config' -PassThru).ProcessId"
                (Get-Item "/proc/$process/exe").Target | Should -BeLike "$Modules/WireGuard/$Version/engine/*"
            }
            ip netns exec $Ends[0].Name ping -q -n -i 0.3 -c 1 -w 30 $Ends[1].Inner | Out-Null
            $LASTEXITCODE | Should -Be 0
            Invoke-Installed "Import-Module WireGuard; (Get-WgPeer '$($Ends[0].Name)').IsStale" | Should -Be 'False'
            Invoke-Installed "Import-Module WireGuard; Stop-WgTunnel '$($Ends[0].Name)', '$($Ends[1].Name)'; @(Get-WgTunnel 'wgi${PID}*').Count" | Should -Be '0'
        }
    }
}
