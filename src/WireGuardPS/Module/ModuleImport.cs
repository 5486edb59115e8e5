using System.Management.Automation;

namespace WireGuard.Module;

/// <summary>What PowerShell calls when it imports the module.</summary>
public sealed class ModuleImport : IModuleAssemblyInitializer
{
    public void OnImport() => LibraryLoadContext.Hook();
}
