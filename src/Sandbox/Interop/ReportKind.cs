namespace Sandbox.Interop;

/// <summary><c>enum report_kind</c> of native/launcher/plan.h.</summary>
internal enum ReportKind : uint
{
    Failed = 1,
    Started,
    Violation,
    Deadline,
    Ended,
    Gone,
    Ending,
}
