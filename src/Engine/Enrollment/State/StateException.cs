namespace WireGuard.Engine.Enrollment;

/// <summary>The state of enrollment cannot be used as it lies on disk; nothing of it was changed.</summary>
internal class StateException : Exception
{
    internal StateException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
