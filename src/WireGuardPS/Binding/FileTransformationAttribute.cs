using System.Management.Automation;

namespace WireGuard.Binding;

/// <summary>Lets a parameter for paths and names take files: of what Get-Item emits the whole path, for its Name is without the folder.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FileTransformationAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Transform(inputData);

    // An array, so that it binds before the properties of the object are looked at.
    internal static object Transform(object inputData) => inputData switch
    {
        PSObject { BaseObject: FileSystemInfo file } => (string[])[file.FullName],
        FileSystemInfo file => (string[])[file.FullName],
        _ => inputData,
    };
}
