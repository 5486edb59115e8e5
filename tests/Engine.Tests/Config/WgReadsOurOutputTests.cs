using System.Diagnostics;
using WireGuard.Configuration;

namespace WireGuard.Tests.Config;

/// <summary>wireguard-tools as the witness that what we write is the format that others read.</summary>
public sealed class WgReadsOurOutputTests
{
    // wg reads the whole file before it looks for the interface, which is not there: no privilege is needed.
    private const string NoSuchInterface = "wgps-absent";

    [WgFact]
    public void Stripped_output()
    {
        using var config = ConfigParser.Parse($"""
            [Interface]
            PrivateKey = {TestKeys.Private}
            ListenPort = 51820
            FwMark = 51820
            Address = 10.0.0.1/24
            PostUp = true
            # Name = laptop
            [Peer]
            PublicKey = {TestKeys.PeerA}
            PresharedKey = {TestKeys.Preshared}
            AllowedIPs = 10.0.0.2, fd00::2/128, 10.1.2.3/16
            Endpoint = [2001:db8::1]:51820
            PersistentKeepalive = 25
            [Peer]
            PublicKey = {TestKeys.PeerB}
            Endpoint = 192.0.2.1:51820
            PersistentKeepalive = off
            """).Config!;
        var said = SetConf(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets | ConfigWriteOptions.Strip));
        Assert.StartsWith("Unable to modify interface", said);

        // The same with a key of wg-quick's is refused: the witness does read.
        Assert.Contains("Configuration parsing error", SetConf(ConfigWriter.Write(config, ConfigWriteOptions.IncludeSecrets)));
    }

    private static string SetConf(string text)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            using var wg = Process.Start(new ProcessStartInfo("wg", ["setconf", NoSuchInterface, path]) { RedirectStandardError = true })!;
            var said = wg.StandardError.ReadToEnd();
            wg.WaitForExit();
            return said;
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>Runs where wireguard-tools are installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WgFactAttribute : FactAttribute
{
    public WgFactAttribute()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!path.Split(Path.PathSeparator).Any(directory => File.Exists(Path.Combine(directory, "wg"))))
            Skip = "wg (wireguard-tools) is not installed.";
    }
}
