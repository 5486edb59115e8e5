# docs/tour.md: every command of it is run between two hosts made of network namespaces.

BeforeDiscovery {
    $engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
    $Reason = if (-not $IsLinux) { 'Linux only' }
    elseif ((id -u) -ne '0') { 'needs root' }
    elseif (-not (Test-Path $engine)) { "there is no engine at '$engine'" }
    elseif (-not (Test-Path /dev/net/tun)) { 'there is no /dev/net/tun' }
    elseif (-not (Get-Command ip -CommandType Application -ErrorAction Ignore)) { 'there is no ip command' }
}

Describe "The tour$(if ($Reason) { " (skipped: $Reason)" })" -Skip:([bool]$Reason) {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $Engine = if ($env:WIREGUARD_ENGINE) { $env:WIREGUARD_ENGINE } else { "$PSScriptRoot/../../out/engine/wireguard-engine" }
        $Commands = { param($File) @(Get-Content $File | Where-Object { $_ -clike 'PS> *' -or $_ -clike '>> *' }) }
        $Written = Join-Path ([IO.Path]::GetTempPath()) "wgtour-$PID.md"
        & $PSScriptRoot/../Tour/Write-Tour.ps1 -Engine $Engine -Module (Get-TestModulePath) -Destination $Written
    }

    AfterAll { Remove-Item $Written -ErrorAction Ignore }

    It 'runs to its end, with errors where the template says so and nowhere else' {
        & $Commands $Written | Select-Object -Last 1 | Should -Be 'PS> ip -brief link'
    }

    It 'has the commands that docs/tour.md shows' {
        & $Commands $Written | Should -Be (& $Commands "$PSScriptRoot/../../docs/tour.md")
    }

    It 'shows no private key' {
        Get-Content -Raw $Written | Should -Not -Match '(?m)^PrivateKey = [A-Za-z0-9+/]{43}='
    }
}
