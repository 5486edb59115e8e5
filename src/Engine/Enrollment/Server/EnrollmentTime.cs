namespace WireGuard.Engine.Enrollment;

/// <summary>Both clocks at one moment: windows and sessions live by the first, invitations and leases by the second.</summary>
/// <param name="Monotonic">Nanoseconds; only differences mean something.</param>
internal readonly record struct EnrollmentTime(long Monotonic, DateTimeOffset Wall);
