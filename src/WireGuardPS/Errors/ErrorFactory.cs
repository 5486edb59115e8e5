using System.Management.Automation;

namespace WireGuard.Errors;

/// <summary>The only place where an ErrorRecord is made.</summary>
internal static class ErrorFactory
{
    /// <param name="exception">Its message becomes the error's.</param>
    /// <param name="target">The tunnel, peer, key or path that the error is about; never a secret.</param>
    internal static ErrorRecord Create(WgException exception, object? target)
    {
        var kind = ErrorCatalog.Get(exception.ErrorId);
        return new ErrorRecord(exception, exception.ErrorId, kind.Category, target)
        {
            ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = kind.RecommendedAction },
        };
    }
}
