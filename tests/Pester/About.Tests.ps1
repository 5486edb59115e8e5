# The first tunnel of about_WireGuard, copied as a newcomer would.

BeforeAll {
    . $PSScriptRoot/Common.ps1
    Enter-FakeEngine
    $about = Get-Content (Join-Path (Get-TestModulePath) 'en-US/about_WireGuard.help.txt') -Raw
    $section = ($about -split '(?m)^A FIRST TUNNEL')[1] -csplit '(?m)^[A-Z]' | Select-Object -First 1
    $Blocks = @([regex]::Matches($section, '(?m)(^ {8}.*\n?)+').Value)
}

AfterAll {
    Get-WgTunnel | Stop-WgTunnel
    Exit-FakeEngine
}

Describe 'A first tunnel' {
    AfterEach { Get-WgTunnel | Stop-WgTunnel }

    It 'is a pair of keys and two ends' { $Blocks | Should -HaveCount 3 }

    It 'works as it is written at <End>' -ForEach @(
        @{ End = 'the first host'; Index = 1; Address = '10.99.0.1/24' }
        @{ End = 'the second host'; Index = 2; Address = '10.99.0.2/24' }
    ) {
        $folder = (New-Item -ItemType Directory "$Work/$Index").FullName
        Push-Location $folder
        try {
            $other = (New-WgKey).PublicKey
            $code = ($Blocks[0] + $Blocks[$Index]) -replace 'PUBLIC KEY OF THE \w+ HOST', $other -replace '(?m)^ +ping .*'
            $warnings = & ([scriptblock]::Create($code)) 3>&1 | Where-Object { $_ -is [Management.Automation.WarningRecord] }
            $warnings | Should -BeNullOrEmpty
            [int][IO.File]::GetUnixFileMode("$folder/wg0.conf") | Should -Be ([Convert]::ToInt32('600', 8))
            $tunnel = Get-WgTunnel wg0
            $tunnel.ConfigPath | Should -Be "$folder/wg0.conf"
            $tunnel.Peers.PublicKey | Should -Be $other
            Test-WgConfig ./wg0.conf -Detailed | Should -BeNullOrEmpty
            Get-Content ./wg0.conf | Should -Contain "Address = $Address"
        }
        finally { Pop-Location }
    }
}
