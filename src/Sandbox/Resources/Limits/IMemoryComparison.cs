namespace Sandbox.Resources.Limits;

/// <summary>How processes with one memory are told from those with two.</summary>
internal enum SharingMeans
{
    /// <summary>Not at all: every process counts by itself.</summary>
    None,

    /// <summary>kcmp(2).</summary>
    Kcmp,

    /// <summary>What is written to the coredump_filter of one is read from the other's (core(5)).</summary>
    CoredumpFilter,
}

/// <summary>A way to ask the kernel whether two processes have one memory.</summary>
internal interface IMemoryComparison
{
    /// <summary>Which way it is.</summary>
    SharingMeans Means { get; }

    /// <summary>A look begins, which has so much to spend.</summary>
    void Begin();

    /// <summary>True only if they do, now: what cannot be found out is two.</summary>
    bool IsOne(TrackedProcess one, TrackedProcess other);
}
