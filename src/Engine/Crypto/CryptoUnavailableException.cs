namespace WireGuard.Engine.Crypto;

/// <summary>libsodium is missing or refuses to start. The message says what to install.</summary>
public sealed class CryptoUnavailableException : Exception
{
    public CryptoUnavailableException(string message)
        : base(message)
    {
    }

    public CryptoUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
