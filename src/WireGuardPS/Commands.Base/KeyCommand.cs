using WireGuard.Api;
using WireGuard.Client;
using WireGuard.Errors;

namespace WireGuard.Commands;

/// <summary>A cmdlet that derives public keys; one engine process serves the whole pipeline.</summary>
public abstract class KeyCommand : EngineCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private PublicKeySession? _session;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _session?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Ends the cmdlet when there is no engine.</summary>
    private protected string Derive(SecretKey privateKey)
    {
        _session ??= new PublicKeySession(FindEngine());
        return DeriveWhereItCan(privateKey);
    }

    /// <exception cref="WgException">EngineNotFound, EngineFailed, EngineTimeout.</exception>
    private protected string DeriveWhereItCan(SecretKey privateKey)
    {
        _session ??= new PublicKeySession(EngineLocator.Find());
        return Await("Deriving public keys", cancellation => _session.DeriveAsync(privateKey, Patience, cancellation));
    }
}
