using System.Text;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Interop;

/// <summary>Paths that are resolved with bounds, on a machine on which others rename and mount.</summary>
public sealed class ResolutionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_path_with_dots_is_found_while_others_rename()
    {
        _directory.Write("tree/a/b/file", "there");
        _directory.Write("elsewhere/one", "");
        using var tree = Open("tree");
        using var end = new CancellationTokenSource();
        var renaming = new Thread(() => Rename(end.Token));
        renaming.Start();

        var failures = new List<string>();
        for (var time = 0; time < 20_000; time++)
        {
            var error = Libc.OpenAt2(tree, "a/b/../../a/../a/b/../b/file\0"u8, OpenFlags.ReadOnly, OpenHow.Beneath, out var file);
            file.Dispose();
            if (error < 0)
            {
                failures.Add(Errno.Name(-error));
            }
        }

        end.Cancel();
        renaming.Join();
        Assert.Empty(failures);
    }

    private Microsoft.Win32.SafeHandles.SafeFileHandle Open(string name)
    {
        Assert.Equal(0, Libc.OpenAt(_directory.Open(), Encoding.UTF8.GetBytes(name + "\0"), OpenFlags.ReadOnly | OpenFlags.Directory, out var opened));
        return opened;
    }

    private void Rename(CancellationToken end)
    {
        var (one, other) = (_directory.Path + "/elsewhere/one", _directory.Path + "/elsewhere/other");
        while (!end.IsCancellationRequested)
        {
            File.Move(one, other, overwrite: true); // rename(2)
            File.Move(other, one, overwrite: true);
        }
    }
}
