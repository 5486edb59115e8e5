using System.Globalization;
using WireGuard.Configuration;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Hosting;
using WireGuard.Engine.Hosting.Linux;

namespace WireGuard.Tests.Clock;

/// <summary>
/// A tunnel of this machine whose host, but not whose protocol, lives faster: what it does every half minute can be waited for. It
/// ends with its standard input.
/// </summary>
internal static class FastTunnelProgram
{
    public const string Verb = "tunnel";

    public static void Run(string config, string speed)
    {
        using var host = TunnelHost.Start(
            new TunnelHostOptions
            {
                Name = Path.GetFileNameWithoutExtension(config),
                Config = ConfigParser.Load(config),
                Time = new FastTime(int.Parse(speed, CultureInfo.InvariantCulture)),
            },
            new LinuxPlatform(OffloadChoice.All),
            TransportAeadFactory.Best,
            CancellationToken.None);
        Console.WriteLine("ready");
        Console.In.ReadToEnd();
        host.RequestStop("its test is done");
    }

    private sealed class FastTime(int speed) : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * speed;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Faster(dueTime), Faster(period));

        private TimeSpan Faster(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / speed;
    }
}
