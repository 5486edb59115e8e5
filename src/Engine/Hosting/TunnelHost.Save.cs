using System.Security.Cryptography;
using System.Text;
using WireGuard.Api;
using WireGuard.Configuration;
using WireGuard.Engine.Control;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;

namespace WireGuard.Engine.Hosting;

/// <summary>Brings the tunnel's file to what runs: what `wg-quick save` does, and SaveConfig at the end.</summary>
public sealed partial class TunnelHost
{
    public SaveResult Save(bool dryRun)
    {
        _gate.RequireChanges();
        if (Served)
            throw NotSaved("Others join this tunnel: it is made of a state of its own, which is kept as it changes, and of no file that could be saved.");
        if (ConfigPath is not { } path || _settings is not { } settings)
            throw NotSaved("This tunnel was started from no file of the engine's. Whoever brought it up can save it, as wg-quick.");
        lock (_changing)
            return Save(path, settings, dryRun, isAtEnd: false)!;
    }

    /// <summary>As wg-quick(8): what the file said meanwhile goes, unless it does not want to be saved any more.</summary>
    private void SaveAtEnd()
    {
        if (!_isUp || ConfigPath is not { } path || _settings is not { } settings)
            return;
        lock (_changing)
        {
            if (Save(path, settings, dryRun: false, isAtEnd: true) is { } saved)
                Log.Information($"saved {path}: {CountText.Of(saved.Changes.Count, "change")}");
        }
    }

    private SaveResult? Save(string path, HostNetworkSettings settings, bool dryRun, bool isAtEnd)
    {
        var diagnostics = new DiagnosticBag(path);
        using var text = ConfigFile.Read(path, diagnostics);
        using var file = text is null ? null : ConfigParser.Parse(text.Text, path, diagnostics, out _).Config;
        if (file is null)
            throw NotSaved(string.Join('\n', diagnostics.ToList().Where(d => d.Severity == ConfigSeverity.Error)));
        if (isAtEnd && !file.Interface.SaveConfig)
            return null;
        using var now = _device!.Snapshot();
        var plan = SavePlan.Create(file, now, settings, _endpoints);
        if (plan.Differences.Count == 0)
            return new SaveResult(path, []);
        using var written = new SecretBufferWriter(text!.Text.Length + 4096);
        new ConfigRewriter(text.Text).Write(file, plan, written);
        RequireSame(written.Written.Span, path, new Running(now, settings));
        Replace(path, written.Written.Span, plan.BringsFirstSecret, dryRun);
        return new SaveResult(path, plan.Differences);
    }

    // What cannot be read back as it is meant would be found out at the next start only.
    private void RequireSame(ReadOnlySpan<byte> written, string path, Running running)
    {
        if (written.Length > ConfigParser.MaxFileBytes)
            throw NotSaved($"{path} would be larger than a configuration file may be, {ConfigParser.MaxFileBytes / (1024 * 1024)} MiB.");
        var text = GC.AllocateArray<char>(Encoding.UTF8.GetCharCount(written), pinned: true);
        try
        {
            Encoding.UTF8.GetChars(written, text);
            using var config = ConfigParser.Parse(text, path, new DiagnosticBag(path), out _).Config;
            if (config is null || SavePlan.Create(config, running.Device, running.Host, _endpoints).Differences is not [])
                throw NotSaved($"{path} cannot say all that runs. Write it by hand.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }

    private void Replace(string path, ReadOnlySpan<byte> content, bool bringsFirstSecret, bool dryRun)
    {
        try
        {
            if (_platform.ObjectionToSaving(path) is { } objection)
                throw NotSaved($"{path} is not written, because {objection}.");
            if (!dryRun)
                _platform.ReplaceFile(path, content, forOwnerAlone: bringsFirstSecret);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotSaved($"{path} was not written: {failure.Message}", failure);
        }
    }

    private static ControlException NotSaved(string why, Exception? inner = null) => new(ControlErrorCode.SaveFailed, why, inner: inner);

    private readonly record struct Running(Device.DeviceSnapshot Device, HostNetworkSettings Host);
}
