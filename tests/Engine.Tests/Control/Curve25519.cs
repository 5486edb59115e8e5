using System.Numerics;
using WireGuard.Api;

namespace WireGuard.Tests.Control;

/// <summary>X25519 of the base point (RFC 7748, section 5) in big integers: slow, and independent of the engine's own.</summary>
internal static class Curve25519
{
    private static readonly BigInteger s_prime = BigInteger.Pow(2, 255) - 19;

    internal static PublicKey PublicKeyOf(SecretKey key)
    {
        var scalar = new BigInteger(key.Span, isUnsigned: true);
        BigInteger x1 = 9, x2 = 1, z2 = 0, x3 = 9, z3 = 1;
        for (var bit = 254; bit >= 0; bit--)
        {
            var swap = !((scalar >> bit) & 1).IsZero;
            if (swap)
                (x2, x3, z2, z3) = (x3, x2, z3, z2);
            var a = x2 + z2;
            var b = x2 - z2;
            var (aa, bb) = (a * a, b * b);
            var e = aa - bb;
            var (da, cb) = ((x3 - z3) * a, (x3 + z3) * b);
            x3 = Modulo((da + cb) * (da + cb));
            z3 = Modulo(x1 * (da - cb) * (da - cb));
            x2 = Modulo(aa * bb);
            z2 = Modulo(e * (aa + 121665 * e));
            if (swap)
                (x2, x3, z2, z3) = (x3, x2, z3, z2);
        }

        var result = Modulo(x2 * BigInteger.ModPow(z2, s_prime - 2, s_prime));
        var bytes = new byte[PublicKey.Size];
        result.TryWriteBytes(bytes, out _, isUnsigned: true);
        return new PublicKey(bytes);
    }

    private static BigInteger Modulo(BigInteger value) => ((value % s_prime) + s_prime) % s_prime;
}
