namespace WireGuard.Tests;

/// <summary>A test of Linux's own calls that needs no privileges.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "needs Linux";
}
