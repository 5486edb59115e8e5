using System.Management.Automation;
using WireGuard.Binding;

namespace WireGuard.Errors;

/// <summary>The only place where an ErrorRecord is made.</summary>
internal static class ErrorFactory
{
    /// <param name="exception">Its message becomes the error's.</param>
    /// <param name="target">The tunnel, peer, key or path that the error is about; never a secret.</param>
    internal static ErrorRecord Create(WgException exception, object? target)
    {
        var kind = ErrorCatalog.Get(exception.ErrorId);
        if (target is string text && IsAboutItsText(exception.ErrorId))
            target = KeyLike.Shown(text);
        return new ErrorRecord(exception, exception.ErrorId, kind.Category, target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = ErrorCatalog.AdviceFor(exception) },
        };
    }

    // Their targets are texts that were not understood: lines of a configuration file, it may be. The targets of other
    // errors are names, paths that are there, and public keys, which look like private ones.
    private static bool IsAboutItsText(string errorId) =>
        errorId is ErrorIds.ConfigNotFound or ErrorIds.InvalidTunnelName or ErrorIds.InvalidKey;
}
