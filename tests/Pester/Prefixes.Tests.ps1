BeforeAll { . $PSScriptRoot/Common.ps1 }

Describe 'Resolve-WgAllowedIP' {
    It 'leaves out what is excluded, in the fewest prefixes' {
        Resolve-WgAllowedIP 10.0.0.0/30 -Exclude 10.0.0.1 | Should -Be '10.0.0.0/32', '10.0.0.2/31'
        Resolve-WgAllowedIP 0.0.0.0/0, ::/0 -Exclude '0.0.0.0/1, ::/1' | Should -Be '128.0.0.0/1', '8000::/1'
        @(Resolve-WgAllowedIP 0.0.0.0/0 -Exclude 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16).Count | Should -Be 31
    }

    It 'takes prefixes and peers from the pipeline together' {
        '10.0.0.0/24', '10.0.1.7/24', 'fd00::/64' | Resolve-WgAllowedIP | Should -Be '10.0.0.0/23', 'fd00::/64'
        [pscustomobject]@{ AllowedIPs = '10.1.0.0/16', '10.0.0.0/16' } | Resolve-WgAllowedIP | Should -Be '10.0.0.0/15'
    }

    It 'gives nothing for nothing' {
        Resolve-WgAllowedIP 10.0.0.0/8 -Exclude 0.0.0.0/0 | Should -BeNullOrEmpty
        Resolve-WgAllowedIP @() | Should -BeNullOrEmpty
    }

    It 'goes on after a prefix that is none, and names it' {
        $good = '10.0.0.0/24', '10.0.0.0/33', 'fd00::/8' | Resolve-WgAllowedIP -ErrorVariable problems -ErrorAction SilentlyContinue
        $good | Should -Be '10.0.0.0/24', 'fd00::/8'
        $problems.Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'InvalidAllowedIP,*'
        "$($problems[0])" | Should -BeLike '*10.0.0.0/33*'
    }

    It 'gives no answer when it cannot tell what to leave out' {
        { Resolve-WgAllowedIP 0.0.0.0/0 -Exclude 10.0.0/8 } | Should -Throw -ErrorId 'InvalidAllowedIP,*'
    }
}
