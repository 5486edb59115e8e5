using System.Globalization;
using System.Net;
using WireGuard.Api;
using WireGuard.Engine.Crypto;
using WireGuard.Engine.Enrollment;
using WireGuard.Engine.Noise;
using WireGuard.Engine.Packets;

namespace WireGuard.Bench;

/// <summary>
/// What an enrollment costs its server, and how long a state with many peers takes to read. The server is the whole one, with a pool
/// and a file; only the socket is missing.
/// </summary>
internal static class EnrollmentBench
{
    public const string Title = "Enrollment";

    internal const int Peers = 10_000;
    private const int Clients = 64;
    private const int Rounds = 11;
    private const long Second = 1_000_000_000;

    // In the group the share and the secret; on the curve the secrets of both ephemeral keys and of each static key with the other's.
    private const int GroupProducts = 2;
    private const int CurveProducts = 3;

    public static Section Measure()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"enrollment-bench-{Guid.NewGuid():N}");
        try
        {
            Fill(directory);
            var (loading, joining, alone) = (new double[Rounds], new double[Rounds], new double[Rounds]);
            // Rounds below 0 warm up.
            for (var round = -2; round < Rounds; round++)
            {
                var start = Environment.CpuUsage.TotalTime;
                using var store = EnrollmentStore.Open(directory);
                var registry = new EnrollmentRegistry(store, new AddressPool([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/64")]));
                var load = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
                var join = Join(registry, (round + 2) * 4 * Second);
                if (round >= 0)
                    (loading[round], joining[round], alone[round]) = (load, join, CurvesAlone());
            }

            return new Section(
                Title,
                $"Processor time, median of {Rounds} rounds, in each of them {Clients} clients that join a server with {Peers:N0} peers by code: three datagrams taken, three answered, one record written and flushed. Below it what no server can do without, by libsodium: an element of ristretto255 from a hash and {GroupProducts} products there, {CurveProducts} shared secrets and a public key on Curve25519. Goals: 50 ms, and 2 s to read the state; it holds private keys, addresses in two prefixes and names.",
                [
                    ["", "each", "fastest and slowest round"],
                    Row("enrollment, server's side", joining, "0.00"),
                    Row("its group and curve alone", alone, "0.00"),
                    Row($"state of {Peers:N0} peers read", loading, "0"),
                ]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>A state with all these peers.</summary>
    internal static void Fill(string directory)
    {
        using var store = EnrollmentStore.Open(directory);
        var registry = new EnrollmentRegistry(store, new AddressPool([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/64")]));
        Span<byte> key = stackalloc byte[PublicKey.Size];
        for (var i = 0; i < Peers; i++)
        {
            SecureRandom.Fill(key);
            registry.Enroll(new PublicKey(key), $"peer {i}", SecretKey.Random(), null, null, DateTimeOffset.UnixEpoch);
        }
    }

    private static double Join(EnrollmentRegistry registry, long now)
    {
        using var server = new EnrollmentServer(registry, new ServerSettings(), _ => { });
        var reply = new byte[EnrollmentFormat.MaxSize];
        using var code = server.OpenWindow(new WindowOptions(), At(now));
        using var credential = Credential.FromCode(code.Span);
        var time = TimeSpan.Zero;
        for (var i = 0; i < Clients; i++)
        {
            using var key = SecretKey.RandomPrivateKey();
            using var identity = new StaticIdentity(key);
            using var client = new EnrollmentClient(new ClientOptions { Credential = credential, Identity = identity, Name = "bench" }, now);
            var from = UdpEndpoint.From(new IPEndPoint(new IPAddress([192, 0, 2, (byte)i]), 1000));
            now += Second / 20;
            while (!client.IsOver)
            {
                var message = client.Poll(now);
                var start = Environment.CpuUsage.TotalTime;
                var length = server.Receive(message, from, At(now), reply);
                time += Environment.CpuUsage.TotalTime - start;
                client.Receive(reply.AsSpan(0, length), now);
                if (length == 0)
                    throw new InvalidOperationException("The server did not answer.");
            }

            registry.Revoke(identity.PublicKey, out _);
        }

        return time.TotalMilliseconds / Clients;
    }

    private static EnrollmentTime At(long now) => new(now, DateTimeOffset.UnixEpoch);

    private static double CurvesAlone()
    {
        Span<byte> scalar = stackalloc byte[32];
        Span<byte> product = stackalloc byte[32];
        Span<byte> element = stackalloc byte[32];
        SecureRandom.Fill(scalar);
        CPace.Clamp(scalar);
        var start = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Clients; i++)
        {
            CPace.Generator(element, "123456"u8, "channel"u8, "session"u8);
            for (var j = 0; j < GroupProducts; j++)
                Ristretto255.Multiply(product, scalar, element);
            for (var j = 0; j < CurveProducts; j++)
                X25519.SharedSecret(product, scalar, element);
            X25519.PublicKey(product, scalar);
        }

        return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds / Clients;
    }

    private static string[] Row(string name, double[] times, string format)
    {
        var (median, fastest, slowest) = Sample.Of(times);
        return [name, Text(median), $"{Text(fastest)} to {Text(slowest)}"];

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture) + " ms";
    }
}
