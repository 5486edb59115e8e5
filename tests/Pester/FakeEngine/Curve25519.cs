using System.Numerics;

namespace WireGuard.Tests.Fake;

/// <summary>Public keys by RFC 7748's Montgomery ladder over BigInteger: plain and slow, for tests only.</summary>
internal static class Curve25519
{
    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    internal static string PublicKeyOf(string privateKey)
    {
        var bytes = Convert.FromBase64String(privateKey);
        bytes[0] &= 248;
        bytes[31] = (byte)((bytes[31] & 127) | 64);
        var u = Multiply(new BigInteger(bytes, isUnsigned: true), 9).ToByteArray(isUnsigned: true);
        Array.Resize(ref u, 32);
        return Convert.ToBase64String(u);
    }

    private static BigInteger Multiply(BigInteger scalar, BigInteger u)
    {
        (BigInteger x2, BigInteger z2, BigInteger x3, BigInteger z3) = (1, 0, u, 1);
        for (var bit = 254; bit >= 0; bit--)
        {
            var swap = !((scalar >> bit) & 1).IsZero;
            if (swap)
                (x2, z2, x3, z3) = (x3, z3, x2, z2);
            var (a, b, c, d) = (x2 + z2, x2 - z2, x3 + z3, x3 - z3);
            var (da, cb, aa, bb) = (d * a % P, c * b % P, a * a % P, b * b % P);
            var e = aa - bb;
            x3 = BigInteger.ModPow(da + cb, 2, P);
            z3 = u * BigInteger.ModPow(da - cb, 2, P) % P;
            x2 = aa * bb % P;
            z2 = e * (aa + (121665 * e)) % P;
            if (swap)
                (x2, z2, x3, z3) = (x3, z3, x2, z2);
        }

        var result = x2 * BigInteger.ModPow(((z2 % P) + P) % P, P - 2, P) % P;
        return ((result % P) + P) % P;
    }
}
