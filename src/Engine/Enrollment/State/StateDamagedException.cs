namespace WireGuard.Engine.Enrollment;

/// <summary>What is in the file is not what was written: no other start will read it either.</summary>
internal sealed class StateDamagedException : StateException
{
    internal StateDamagedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
