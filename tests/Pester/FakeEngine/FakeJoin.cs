using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Tests.Fake;

/// <summary>`join` without a network: takes one code and every invitation, and writes a file.</summary>
internal static class FakeJoin
{
    private const string Code = "493027";

    /// <param name="secret">The line of standard input.</param>
    /// <param name="path">The file that was written, when the report is null.</param>
    internal static StartReport? Run(string target, string[] options, string? secret, out string path)
    {
        var index = Array.IndexOf(options, "--name");
        var name = index < 0 ? "wg0" : options[index + 1];
        path = Path.Combine(ConfigLocation.Directory, name + ".conf");
        if (target == "-" && secret?.StartsWith("wg-enroll://", StringComparison.Ordinal) != true)
            return Failed(name, "InvalidInvitation", "The invitation is damaged.");
        var digits = secret?.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        if (target != "-" && digits != Code)
            return digits?.Length == Code.Length ? Failed(name, "WrongCode", $"{target} says that the code is wrong.") : Failed(name, "InvalidValue", "A code has 6 to 8 digits.");
        Console.Error.WriteLine("waiting until somebody there approves; they are shown the fingerprint 8a02d4c19e7f5b3360b1c8d7e2f4a596");
        if (target.StartsWith("never.", StringComparison.Ordinal))
            return Wait(name);
        if (target.StartsWith("silent.", StringComparison.Ordinal))
            return Failed(name, "JoinTimeout", $"{target} does not answer.");
        if (target.StartsWith("forged.", StringComparison.Ordinal))
            return Failed(name, "ServerNotTrusted", $"{target} does not know the code.");
        if (target.StartsWith("mute.", StringComparison.Ordinal))
            Environment.Exit(1);
        using var key = SecretKey.RandomPrivateKey();
        File.WriteAllText(path, $"[Interface]\nPrivateKey = {key.ToBase64()}\nAddress = 10.150.0.2/24\n[Peer]\nPublicKey = {FakeEnrollment.KeyOf("server")}\nAllowedIPs = 10.150.0.0/24\n");
        return null;
    }

    // Broken off, as the real one is.
    private static StartReport Wait(string name)
    {
        while (Console.Read() >= 0)
        {
        }

        return Failed(name, "EngineFailed", "Broken off.");
    }

    private static StartReport Failed(string name, string errorId, string message) => new() { Tunnel = name, ErrorId = errorId, Message = message };
}
