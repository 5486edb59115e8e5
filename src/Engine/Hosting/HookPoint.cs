namespace WireGuard.Engine.Hosting;

/// <summary>When in a tunnel's life a command of its file runs; the names are the file's keys.</summary>
public enum HookPoint
{
    /// <summary>The interface is there and not configured.</summary>
    PreUp,

    /// <summary>Everything is.</summary>
    PostUp,

    /// <summary>Everything still is.</summary>
    PreDown,

    /// <summary>Nothing is any more.</summary>
    PostDown,
}
