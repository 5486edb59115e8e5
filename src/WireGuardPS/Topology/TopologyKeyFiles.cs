using WireGuard.Api;
using WireGuard.Configuration;

namespace WireGuard.Topologies;

/// <summary>Reads the key files that a topology names.</summary>
/// <param name="folder">What relative paths begin with: the topology file's.</param>
internal sealed class TopologyKeyFiles(string folder)
{
    /// <summary>The key, which the caller owns; null: it cannot be read or is none, which is told.</summary>
    internal SecretKey? Read(Placed<string> file, DiagnosticBag diagnostics)
    {
        var path = Path.Combine(folder, file.Value);
        var problems = new DiagnosticBag(path);
        using var text = ConfigFile.Read(path, problems);
        if (text is null)
        {
            diagnostics.Error("KeyFileUnreadable", file.Place, $"The key file '{path}' cannot be read. {problems.ToList()[0].Message}");
            return null;
        }

        if (text.Exposure != FileExposure.None)
            diagnostics.Warning("WorldReadable", file.Place, $"Everybody on this machine can read or change the key file '{path}'; chmod 600 it.");
        if (SecretKey.TryParse(text.Text.Span.Trim(), out var key) && !key.IsZero)
            return key;
        key?.Dispose();
        diagnostics.Error("InvalidKey", file.Place, $"The key file '{path}' does not hold a key and nothing else: 44 characters of base64, as `wg genkey` writes them.");
        return null;
    }
}
