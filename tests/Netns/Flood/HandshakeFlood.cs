using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using WireGuard.Api;
using WireGuard.Engine.Cookie;
using WireGuard.Engine.Diagnostics;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;
using WireGuard.Engine.Udp;

namespace WireGuard.Tests.Flood;

/// <summary>
/// Forged initiations to a host, at a steady rate and from one address and port: mac1 is right, the rest is noise, so that
/// nothing but a key agreement tells them from genuine ones. Ends when disposed of, and by itself after a minute.
/// </summary>
internal sealed class HandshakeFlood : IDisposable
{
    public const int PerSecond = 50_000;

    // Made before it begins: what the flood itself costs must not be what is measured.
    private const int DifferentMessages = 1024;
    private const int MostAtOnce = 128;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly byte[][] _messages;
    private readonly UdpEndpoint _target;
    private readonly Task _task;
    private volatile bool _isStopping;
    private long _sent;

    /// <param name="victim">Whose public key the forgeries know.</param>
    public HandshakeFlood(NetworkNamespace from, IPEndPoint target, PublicKey victim)
    {
        var macs = new CookieGenerator(victim);
        _messages = [.. Enumerable.Range(0, DifferentMessages).Select(_ => Forge(macs))];
        _target = UdpEndpoint.From(target);
        _task = from.InvokeInBackground(Send);
    }

    /// <summary>Datagrams that left.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Datagrams that came back, as far as the socket's buffer held them; known when it has ended.</summary>
    public long Answers { get; private set; }

    /// <summary>Throws what went wrong.</summary>
    public void Stop()
    {
        _isStopping = true;
        _task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _isStopping = true;
        _task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
    }

    private static byte[] Forge(CookieGenerator macs)
    {
        var message = RandomNumberGenerator.GetBytes(MessageFormat.InitiationSize);
        message[0] = (byte)MessageType.Initiation;
        message.AsSpan(1, 3).Clear();
        macs.AddMacs(message, 0);
        return message;
    }

    private void Send()
    {
        using var bind = new LinuxUdpBind(EngineLog.None);
        bind.Open(0, 0);
        using var batch = new PacketBatch(MostAtOnce);
        var start = Stopwatch.GetTimestamp();
        while (!_isStopping && Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < s_limit)
        {
            var due = (long)(elapsed.TotalSeconds * PerSecond) - _sent;
            if (due < MostAtOnce / 4)
            {
                Thread.Sleep(1);
                continue;
            }

            Fill(batch, (int)Math.Min(due, MostAtOnce));
            bind.Sockets[0].Send(batch);
            Volatile.Write(ref _sent, _sent + batch.Count);
        }

        while (bind.Sockets[0].Receive(batch) is > 0 and var count)
            Answers += count;
    }

    private void Fill(PacketBatch batch, int count)
    {
        for (var i = 0; i < count; i++)
        {
            ref var slot = ref batch[i];
            var message = _messages[(_sent + i) % DifferentMessages];
            SetData(batch, i, message);
            slot.Endpoint = _target;
        }

        batch.Count = count;
    }

    private static unsafe void SetData(PacketBatch batch, int index, byte[] message)
    {
        ref var slot = ref batch[index];
        slot.Data = batch.ReadPosition(index);
        slot.Length = message.Length;
        message.CopyTo(slot.Span);
    }
}
