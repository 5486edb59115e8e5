namespace WireGuard.Errors;

/// <summary>
/// What went wrong, told by one of <see cref="ErrorIds"/>. The message is for people and never holds a secret.
/// </summary>
internal sealed class WgException(string errorId, string message, Exception? inner = null) : Exception(message, inner)
{
    internal string ErrorId { get; } = errorId;
}
