BeforeDiscovery {
    . $PSScriptRoot/Common.ps1
    $Names = (Get-Command -Module WireGuard).Name
    $Topics = (Get-ChildItem (Join-Path (Get-TestModulePath) 'en-US/about_*.help.txt')).Name -replace '\.help\.txt$'
}

BeforeAll { . $PSScriptRoot/Common.ps1 }

Describe 'Surface' {
    It 'imports without a warning and exports cmdlets only' {
        $warnings = & { Import-Module (Get-TestModulePath) -Force } 3>&1
        $warnings | Should -BeNullOrEmpty
        $commands = Get-Command -Module WireGuard
        $commands.Name | Should -Be (Import-PowerShellDataFile (Join-Path (Get-TestModulePath) 'WireGuard.psd1')).CmdletsToExport
        $commands.CommandType | Select-Object -Unique | Should -Be 'Cmdlet'
    }

    It 'has a valid manifest' {
        $manifest = Test-ModuleManifest (Join-Path (Get-TestModulePath) 'WireGuard.psd1')
        $props = [xml](Get-Content (Join-Path $PSScriptRoot '../../Directory.Build.props'))
        "$($manifest.Version)" | Should -Be ($props.Project.PropertyGroup.Version -split '-')[0]
    }

    It 'brings no assembly but its own, those of others apart' {
        (Get-ChildItem (Get-TestModulePath) -Filter *.dll).Name | Should -Be 'WireGuardPS.dll'
        (Get-ChildItem (Join-Path (Get-TestModulePath) dependencies)).Name | Sort-Object | Should -Be 'QRCoder.dll', 'WireGuardPS.Libraries.dll', 'YamlDotNet.dll'
    }

    It '<_> has help with synopsis, parameters and examples' -ForEach $Names {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Match '^[A-Z].*\.$'
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        $help.relatedLinks | Should -Not -BeNullOrEmpty
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        $declared = (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object
        $written = @($help.parameters.parameter.name) | Sort-Object
        $written -join ' ' | Should -Be ($declared -join ' ')
    }

    It '<_> has examples that parse' -ForEach $Names {
        foreach ($example in (Get-Help $_ -Examples).examples.example) {
            $problems = $null
            $null = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $problems)
            $problems | Should -BeNullOrEmpty -Because $example.code
        }
    }

    It '<_> has examples that name only parameters that are there' -ForEach $Names {
        foreach ($example in (Get-Help $_ -Examples).examples.example) {
            $ast = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $null)
            foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                if ($command.GetCommandName() -notlike '*-Wg*') { continue }
                $known = (Get-Command $command.GetCommandName()).Parameters
                foreach ($element in $command.CommandElements) {
                    if ($element -is [Management.Automation.Language.CommandParameterAst]) {
                        $known.Keys | Should -Contain $element.ParameterName
                    }
                }
            }
        }
    }

    It '<_> has examples that stand alone' -ForEach $Names {
        $given = '_', 'null', 'true', 'false', 'PSItem'
        foreach ($example in (Get-Help $_ -Examples).examples.example) {
            $ast = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $null)
            $assigned = $ast.FindAll({ $args[0] -is [Management.Automation.Language.AssignmentStatementAst] }, $true).Left.VariablePath.UserPath
            foreach ($variable in $ast.FindAll({ $args[0] -is [Management.Automation.Language.VariableExpressionAst] }, $true)) {
                @($given) + $assigned | Should -Contain $variable.VariablePath.UserPath -Because $example.code
            }
            foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                Get-Command $command.GetCommandName() -ErrorAction Ignore | Should -Not -BeNullOrEmpty -Because $example.code
            }
        }
    }

    It 'has code in <_> that parses and names what is there' -ForEach $Topics {
        $text = Get-Content -Raw (Join-Path (Get-TestModulePath) "en-US/$_.help.txt")
        $blocks = [regex]::Matches($text, '(?m)(^ {8}.*\n?)+').Value | Where-Object { $_ -match '-Wg|\[WireGuard\.' }
        if ($_ -ne 'about_WireGuard_Topology') { $blocks | Should -Not -BeNullOrEmpty }
        foreach ($block in $blocks) {
            $problems = $null
            $ast = [Management.Automation.Language.Parser]::ParseInput($block, [ref] $null, [ref] $problems)
            $problems | Should -BeNullOrEmpty -Because $block
            foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                if ($command.GetCommandName() -notlike '*-Wg*') { continue }
                $known = (Get-Command $command.GetCommandName() -ErrorAction Stop).Parameters
                foreach ($element in $command.CommandElements) {
                    if ($element -is [Management.Automation.Language.CommandParameterAst]) { @($known.Keys) + $known.Values.Aliases | Should -Contain $element.ParameterName -Because $block }
                }
            }
        }
    }

    It 'has an about topic' {
        Get-Help about_WireGuard | Out-String | Should -Match 'SHORT DESCRIPTION'
    }
}
