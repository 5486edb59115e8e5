using System.Net;
using System.Security.Cryptography;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Noise;

namespace WireGuard.Tests.Device;

/// <summary>Initiations that know a device's public key and nothing else: mac1 is right, everything under it is noise.</summary>
internal sealed class ForgedFlood(DevicePair pair)
{
    // What the channel between network and lane holds without loss is more than this.
    private const int MessagesBetweenPumps = 100;

    private readonly CookieGenerator _macs = new(pair.B.PublicKey);
    private int _sent;

    internal static IPEndPoint OneSource { get; } = IPEndPoint.Parse("198.51.100.7:7");

    /// <summary>Into B's queue, past its lane, without letting its worker work them off.</summary>
    internal void FromOneSource(int messages, IPEndPoint? source = null)
    {
        for (var i = 0; i < messages; i++)
            Send(source ?? OneSource);
        pair.B.PumpLanes();
    }

    /// <summary>The same, each from another address.</summary>
    internal void FromEverywhere(int messages)
    {
        for (var i = 0; i < messages; i++)
            Send(new IPEndPoint(Address(_sent), OneSource.Port));
        pair.B.PumpLanes();
    }

    /// <summary>Receives at the first so many addresses of <see cref="FromEverywhere"/>: the network's filter sees only what somebody receives.</summary>
    internal void ListenEverywhere(int sources) =>
        pair.Network.Attach([.. Enumerable.Range(0, sources).Select(Address)]).Open((ushort)OneSource.Port, 0);

    private static IPAddress Address(int number) => new([203, (byte)(number >> 16), (byte)(number >> 8), (byte)number]);

    internal static byte[] Message(CookieGenerator macs)
    {
        var message = new byte[MessageFormat.InitiationSize];
        RandomNumberGenerator.Fill(message);
        message[0] = 1;
        message.AsSpan(1, 3).Clear();
        macs.AddMacs(message, 0);
        return message;
    }

    private void Send(IPEndPoint source)
    {
        pair.Network.Inject(source, pair.B.Endpoint, Message(_macs));
        if (++_sent % MessagesBetweenPumps == 0)
            pair.B.PumpLanes();
    }
}
