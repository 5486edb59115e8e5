using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Tests.Control;

/// <summary>A test that needs root, and programs that may be missing.</summary>
internal sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute(params string[] programs)
    {
        if (!OperatingSystem.IsLinux() || EffectiveUser.Id != 0)
            Skip = "needs root on Linux";
        else if (programs.FirstOrDefault(program => !IsInstalled(program)) is { } missing)
            Skip = $"needs the program {missing}";
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
