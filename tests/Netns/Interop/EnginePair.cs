using WireGuard.Api;

namespace WireGuard.Tests.Interop;

/// <summary>Two hosts, each with a wg.conf that knows the other; nothing runs yet. The first one knows where the second is.</summary>
internal sealed class EnginePair : IDisposable
{
    private readonly PrivateDirectory _files = new();

    /// <param name="extra">Lines for [Interface] of both.</param>
    /// <param name="plain">Without offloads.</param>
    public EnginePair(string? presharedKey = null, string extra = "", bool plain = false)
    {
        (One, Two) = Host.Pair();
        if (plain)
        {
            One.LimitOffloads("off");
            Two.LimitOffloads("off");
        }

        ConfigOne = _files.Write(One.Interface + ".conf", One.ConfigFor(Two, withEndpoint: true, presharedKey, extra));
        ConfigTwo = _files.Write(Two.Interface + ".conf", Two.ConfigFor(One, withEndpoint: false, presharedKey, extra));
    }

    public Host One { get; }

    public Host Two { get; }

    public string ConfigOne { get; }

    public string ConfigTwo { get; }

    /// <summary>Starts both ends by the engine's own verb.</summary>
    public void Up()
    {
        Up(One);
        Up(Two);
    }

    /// <summary>`up` on one of the hosts; gives what it reports.</summary>
    public StartReport Up(Host host, params string[] options)
    {
        var report = host.Up(ConfigOf(host), options);
        Assert.True(report.Ready, report.Message);
        return report;
    }

    public string ConfigOf(Host host) => host == One ? ConfigOne : ConfigTwo;

    public void Dispose()
    {
        Two.Dispose();
        One.Dispose();
        _files.Dispose();
    }
}
