using System.Text;
using Sandbox.Store;

namespace Sandbox.KernelTests;

/// <summary>Tests of jobs that take files from a store of their own, which is closed to everybody but who runs the tests.</summary>
public abstract class StoreTest : KernelTest
{
    private SandboxRunner? _storeRunner;

    private protected StoredFiles Store => new(StoreLocation);

    private protected string StoreLocation => Path.Combine(Directory, "store");

    private protected SandboxRunner StoreRunner => _storeRunner ??= new SandboxRunner(new SandboxOptions { Store = StoreLocation });

    private protected Task<JobResult> RunStoredAsync(JobSpec job) => StoreRunner.RunAsync(job, Cancellation);

    private protected StoredContent Put(string text) => Put(Encoding.UTF8.GetBytes(text));

    private protected StoredContent Put(byte[] bytes)
    {
        var source = Path.Combine(Directory, "source");
        File.WriteAllBytes(source, bytes);
        return PutFile(source);
    }

    private protected StoredContent PutFile(string path) =>
        new() { Sha256 = Store.Put(path, StoreSize.Default, Cancellation).Sha256 };

    private protected string ObjectOf(StoredContent content) => Path.Combine(Store.ObjectsDirectory, content.Sha256);

    /// <summary>Ends the jobs before what they use goes away.</summary>
    private protected void EndJobs()
    {
        _storeRunner?.Dispose();
        _storeRunner = null;
    }

    private protected static JobSpec With(JobSpec job, params InjectedFile[] files) => job with { Files = files };
}
