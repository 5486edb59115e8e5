using System.Net;
using System.Text.Json;
using WireGuard.Configuration;
using WireGuard.Engine.Enrollment;

namespace WireGuard.Engine.Hosting;

/// <summary>
/// A tunnel that others join, made of what is kept below the state directory instead of a file: the server's key, who has
/// joined, what `serve` was told. Opening it takes the state for this process alone.
/// </summary>
internal sealed class ServedTunnel
{
    private readonly string _settingsPath;
    private readonly byte[] _settings;

    private ServedTunnel(string name, TunnelConfig config, EnrollmentSetup setup, string settingsPath, byte[] settings)
    {
        (Name, Config, Setup) = (name, config, setup);
        (_settingsPath, _settings) = (settingsPath, settings);
    }

    internal string Name { get; }

    internal TunnelConfig Config { get; }

    internal EnrollmentSetup Setup { get; }

    /// <param name="told">What this start was told; the rest is as it was told before.</param>
    /// <param name="directory">Made if it is missing.</param>
    /// <param name="setsAside">A state that is damaged or missing makes room for a new one, with another key and without peers.</param>
    /// <exception cref="StartException">StateUnusable, ConfigInvalid.</exception>
    internal static ServedTunnel Open(string name, ServeSettings told, string directory, bool setsAside = false)
    {
        EnrollmentStore? store = null;
        try
        {
            var path = Path.Combine(directory, ServedLocation.SettingsFileName);
            if (setsAside)
                SetAside(directory);
            else if (File.Exists(path) && !File.Exists(Path.Combine(directory, EnrollmentStore.FileName)))
                throw new StateException($"The state in {directory} is missing, though the tunnel was served before. Bring back a copy of it, or begin anew with --set-aside and let all peers join again.");
            store = EnrollmentStore.Open(directory);
            StateDirectory.CheckFile(path);
            var settings = told.Over(ReadSettings(path));
            var served = Make(name, settings, store, path);
            store = null;
            return served;
        }
        catch (StateException unusable)
        {
            throw new StartException(StartErrorId.StateUnusable, unusable.Message, unusable);
        }
        finally
        {
            store?.Dispose();
        }
    }

    /// <summary>Finds no fault with what a start without a word more would be made of; it may run meanwhile.</summary>
    /// <param name="directory">Of the tunnel's state.</param>
    /// <exception cref="StartException">As of <see cref="Open"/>.</exception>
    internal static void Check(string directory)
    {
        try
        {
            foreach (var name in new[] { ServedLocation.StateFileName, ServedLocation.SettingsFileName })
                StateDirectory.CheckFile(Path.Combine(directory, name));
            _ = PoolOf(ReadSettings(Path.Combine(directory, ServedLocation.SettingsFileName)));
        }
        catch (StateException unusable)
        {
            throw new StartException(StartErrorId.StateUnusable, unusable.Message, unusable);
        }
    }

    /// <summary>Keeps what this start was told for the next one.</summary>
    /// <returns>What whoever started it should know; null: it is kept.</returns>
    internal string? KeepSettings()
    {
        try
        {
            if (!File.Exists(_settingsPath) || !File.ReadAllBytes(_settingsPath).AsSpan().SequenceEqual(_settings))
                PrivateFile.Replace(_settingsPath, _settings);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"what `serve` was told could not be kept, and is to be told again at the next start: {failure.Message}";
        }
    }

    // Not a state that is whole, nor one that is only not to be had now: whoever asks for it could lose all peers by a slip.
    private static void SetAside(string directory)
    {
        if (!File.Exists(Path.Combine(directory, EnrollmentStore.FileName)))
            return;
        try
        {
            EnrollmentStore.Open(directory).Dispose();
            throw new StateException($"The state in {directory} is whole; it is not set aside. To begin anew all the same, move it away by hand.");
        }
        catch (StateDamagedException)
        {
            try
            {
                _ = EnrollmentStore.SetAside(directory);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new StateException($"The state in {directory} was not set aside: {failure.Message}", failure);
            }
        }
    }

    private static ServedTunnel Make(string name, ServeSettings settings, EnrollmentStore store, string path)
    {
        var pool = PoolOf(settings);
        var port = settings.Port is { } chosen and > 0 ? chosen : ServeText.UsualPort;
        var setup = new EnrollmentSetup
        {
            Store = store,
            Pool = pool,
            Port = port,
            Endpoint = settings.Endpoint is not { Length: > 0 } text ? null
                : ServeText.TryReadEndpoint(text, port, out var endpoint) ? endpoint
                : throw Wrong($"The endpoint {ShownText.Quote(text)} is not HOST, HOST:PORT, an address or [IPv6]:PORT."),
            Settings = new ServerSettings
            {
                AllowedIPs = [.. (settings.AllowedIPs ?? []).Select(ReadPrefix).Select(prefix => new PrefixedAddress(prefix.BaseAddress, prefix.PrefixLength))],
                Dns = [.. (settings.Dns ?? []).Select(ReadAddress)],
                Mtu = settings.Mtu is 0 ? null : settings.Mtu,
                Keepalive = settings.Keepalive is 0 ? null : settings.Keepalive,
                Lease = settings.Lease is null or 0 ? null : TimeSpan.FromSeconds(settings.Lease.Value),
            },
        };
        var config = new TunnelConfig
        {
            Interface = new InterfaceSection
            {
                PrivateKey = store.State.Identity.PrivateKey.Clone(),
                ListenPort = port,
                Addresses = [.. pool.Server.Select(address => new InterfaceAddress(address.Address, address.PrefixLength))],
                Mtu = setup.Settings.Mtu,
            },
        };
        return new ServedTunnel(name, config, setup, path, JsonSerializer.SerializeToUtf8Bytes(settings, ServeJsonContext.Default.ServeSettings));
    }

    private static ServeSettings ReadSettings(string path)
    {
        try
        {
            return !File.Exists(path) ? new ServeSettings()
                : JsonSerializer.Deserialize(File.ReadAllBytes(path), ServeJsonContext.Default.ServeSettings)
                ?? throw new JsonException("it is empty");
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StateException($"{path} cannot be read: {failure.Message} It was left as it is; mend it, or take it away and tell `serve` anew.", failure);
        }
    }

    private static AddressPool PoolOf(ServeSettings settings)
    {
        if (settings.Pool is not { Count: > 0 } texts)
            throw Wrong("The first start of a served tunnel has to say from which networks clients get addresses: --pool 10.150.0.0/24,fd42:150::/64.");
        try
        {
            return new AddressPool([.. texts.Select(ReadPrefix)]);
        }
        catch (ArgumentException wrong)
        {
            throw Wrong(wrong.Message);
        }
    }

    private static IPNetwork ReadPrefix(string text) =>
        IPText.TryParsePrefix(text, out var prefix) ? prefix : throw Wrong($"{ShownText.Quote(text)} is no network, as 10.150.0.0/24 or fd42:150::/64.");

    private static IPAddress ReadAddress(string text) =>
        IPText.TryParse(text, out var address) ? address : throw Wrong($"{ShownText.Quote(text)} is no address of a name server.");

    private static StartException Wrong(string message) => new(StartErrorId.ConfigInvalid, message);
}
