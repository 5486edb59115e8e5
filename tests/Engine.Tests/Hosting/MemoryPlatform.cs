using System.Net;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.HostNetwork;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Lanes;
using WireGuard.Engine.Tun;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Hosting;

/// <summary>An operating system in memory that writes down what is asked of it.</summary>
internal sealed class MemoryPlatform : ITunnelPlatform
{
    private readonly ChannelNetwork _network = new();

    public ChannelNetwork Network => _network;

    public List<string> Calls { get; } = [];

    public Exception? TunFailure { get; init; }

    public HostNetworkException? NetworkFailure { get; init; }

    /// <summary>Called when addresses and routes are set, the last of the slow steps.</summary>
    public Action? OnApply { get; init; }

    public ChannelTun? Tun { get; private set; }

    public ChannelBind? Bind { get; private set; }

    /// <summary>Takes a port of the host's address, as another program would.</summary>
    public void Occupy(ushort port) => _network.Attach(IPAddress.Parse("192.0.2.1")).Open(port, 0);

    public ITunDevice OpenTun(string name, int? mtu, int? descriptor, int queues, EngineLog log)
    {
        if (TunFailure is not null)
            throw TunFailure;
        Calls.Add($"open {name}");
        return Tun = new ChannelTun(name, mtu ?? 1420, queues);
    }

    public IUdpBind CreateBind(int lanes, EngineLog log) => Bind = _network.Attach(lanes, IPAddress.Parse("192.0.2.1"));

    public ILaneIo CreateLane(ITunQueue tun, IUdpSocket udp) => new ChannelLaneIo(Tun!, Bind!, Tun!.Queues.ToList().IndexOf(tun));

    /// <summary>Called when settings are about to change.</summary>
    public Action? OnChange { get; set; }

    /// <summary>What the next change of routes fails with.</summary>
    public HostNetworkException? RouteFailure { get; set; }

    /// <summary>Changes of one peer cannot be told alone.</summary>
    public bool RefusesSteps { get; set; }

    /// <summary>How much an engine that was killed has left to undo.</summary>
    public int Leftovers { get; init; }

    public void RunHook(HookPoint point, string command, EngineLog log, CancellationToken cancel) => Calls.Add($"{point} {command}");

    /// <summary>Why files are not to be written.</summary>
    public string? SaveObjection { get; set; }

    public string? ObjectionToSaving(string path) => SaveObjection;

    public void ReplaceFile(string path, ReadOnlySpan<byte> content, bool forOwnerAlone)
    {
        Calls.Add($"save {Path.GetFileName(path)}{(forOwnerAlone ? " for its owner alone" : "")}");
        File.WriteAllBytes(path, content);
    }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public void CloseAgain(string tunnel, string stateDirectory, HostChoices choices, EngineLog log) => Calls.Add("close again");

    public IHostNetwork CreateNetwork(string tunnel, string stateDirectory, EngineLog log) => new RecordingNetwork(this);

    private sealed class RecordingNetwork(MemoryPlatform platform) : IHostNetwork
    {
        private int _mtu;
        private bool _closes;

        public bool HasKillSwitch => false;

        public bool HasKillSwitchElsewhere => false;

        public int TakeBackElsewhere() => 0;

        public int TakeBackLeftovers(HostChoices? closed)
        {
            if (platform.Leftovers > 0)
                platform.Calls.Add("take back leftovers");
            return platform.Leftovers;
        }

        public void LetLookUpsPass(HostChoices choices, bool pass)
        {
        }

        public void Apply(HostNetworkSettings settings)
        {
            if (platform.NetworkFailure is not null)
                throw platform.NetworkFailure;
            platform.OnApply?.Invoke();
            _mtu = settings.Mtu ?? 1420;
            _closes = settings.Choices.KillSwitch;
            platform.Calls.Add($"apply {string.Join(' ', settings.Addresses)} mtu {settings.Mtu} routes {string.Join(' ', settings.Routes)}");
        }

        public void Update(IReadOnlyList<IPNetwork> wanted, IReadOnlyList<IPAddress> endpoints)
        {
            if (platform.RouteFailure is { } failure)
                throw failure;
            platform.Calls.Add($"routes {string.Join(' ', wanted)}");
        }

        public bool TryUpdate(IReadOnlyList<IPNetwork> came, IReadOnlyList<IPNetwork> went, IPAddress? endpointBefore, IPAddress? endpoint)
        {
            platform.Calls.Add($"step +{string.Join(',', came)} -{string.Join(',', went)} {endpointBefore} > {endpoint}");
            return !platform.RefusesSteps;
        }

        public HostNetworkChange Change(HostNetworkSettings wanted, bool dryRun)
        {
            var before = _mtu;
            if (!dryRun)
            {
                platform.OnChange?.Invoke();
                if (platform.RouteFailure is { } failure)
                    throw failure;
                platform.Calls.Add($"change {string.Join(' ', wanted.Addresses)} mtu {wanted.Mtu} routes {string.Join(' ', wanted.Routes)}");
                _mtu = wanted.Mtu ?? 1420;
            }

            return new HostNetworkChange([], [], before, wanted.Mtu ?? 1420);
        }

        public void ChangeMark(uint mark, Action<uint> use, Action then)
        {
            if (platform.RouteFailure is { } failure)
                throw failure;
            platform.Calls.Add($"mark {mark}");
            use(mark);
            then();
        }

        public void Undo(bool keepsKillSwitch) => platform.Calls.Add(keepsKillSwitch && _closes ? "undo but the kill switch" : "undo");

        public void Dispose() => platform.Calls.Add("dispose");
    }
}
