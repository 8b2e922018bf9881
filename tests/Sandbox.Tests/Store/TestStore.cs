using System.Security.Cryptography;
using System.Text;
using Sandbox.Store;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Sandbox.Tests.Store;

/// <summary>A store of one test, gone afterwards.</summary>
internal sealed class TestStore : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TestStore() => Store = new StoredFiles(Directory);

    public StoredFiles Store { get; }

    /// <summary>Where the store is; it is made by the first file put.</summary>
    public string Directory => $"{_directory.Path}/store";

    public static string DigestOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A file beside the store.</summary>
    public string Write(string name, string text) => _directory.Write(name, text);

    /// <summary>Puts a text in; its digest.</summary>
    public string Put(string text) => Store.Put(Write("source", text), StoreSize.Default, CancellationToken.None).Sha256;

    public string PathOf(string digest) => $"{Store.ObjectsDirectory}/{digest}";

    public string Read(string digest) => File.ReadAllText(PathOf(digest));

    /// <summary>Changes a file of the store behind its back, to a text of the same length.</summary>
    public void Damage(string digest)
    {
        var path = PathOf(digest);
        var text = File.ReadAllText(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, new string('x', text.Length));
    }

    /// <summary>Makes a file look as if it had been used that long ago.</summary>
    public void Age(string digest, TimeSpan age)
    {
        // What .NET sets are the times of what a link leads to, and a mark leads nowhere.
        using var touch = System.Diagnostics.Process.Start("touch", ["-h", "-d", $"@{DateTimeOffset.UtcNow.Subtract(age).ToUnixTimeSeconds()}", $"{Directory}/files/marks/{digest}"]);
        touch.WaitForExit();
    }

    public StoreLease Lease(params string[] digests) =>
        Store.Lease([.. digests.Select(digest => new StoredName(digest, "/stdin/from"))], CancellationToken.None);

    public void Dispose() => _directory.Dispose();
}
