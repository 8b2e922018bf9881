using Sandbox.Images;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class ImageStoreTests : IDisposable
{
    private readonly TestStore _store = new();

    private static byte[] Layer => new LayerText().File("f", "content").ToArray();

    [Fact]
    public void An_archive_is_found_again_by_what_it_is_and_not_by_its_path()
    {
        var path = new TestImage(Layer).Save(_store.Directory);
        using (_store.Store.Open(path))
        {
            Assert.Equal(0, Libc.StatusOf(path, out _));
        }

        _ = Libc.StatusOf(path, out var status);
        var records = new SourceRecord(new ImageDirectory(_store.Path));
        var known = records.Find(status);

        File.AppendAllText(path, new string('\0', 512));
        _ = Libc.StatusOf(path, out var changed);

        Assert.Equal(new TestImage(Layer).Id[7..], known);
        Assert.Null(records.Find(changed));
    }

    [Fact]
    public void An_archive_that_was_changed_is_another_image()
    {
        var path = new TestImage(Layer).Save(_store.Directory);
        using (_store.Store.Open(path))
        {
        }

        var other = new TestImage(new LayerText().File("other").ToArray());
        other.Save(_store.Directory);
        using var image = _store.Store.Open(path);

        Assert.Equal(other.Id, image.Digest);
    }

    // Else whoever may write a layout could have any image that the owner of the store has imported from a directory.
    [Fact]
    public void A_layout_whose_index_is_a_link_out_of_it_is_not_the_image_that_is_known_there()
    {
        var directory = TestImage.Spread(_store.Directory, "private", new TestImage(Layer).OciFiles());
        using (_store.Store.Open(directory))
        {
        }

        var strangers = Directory.CreateDirectory(_store.Directory.Path + "/strangers").FullName;
        File.Copy(directory + "/oci-layout", strangers + "/oci-layout");
        File.CreateSymbolicLink(strangers + "/index.json", directory + "/index.json");

        Assert.Throws<InvalidImageException>(() => _store.Store.Open(strangers));
    }

    [Fact]
    public void An_image_that_was_found_before_is_read_whatever_has_its_path()
    {
        var image = new TestImage(Layer);
        var directory = TestImage.Spread(_store.Directory, "layout", image.OciFiles());
        using var prefix = HostPrefix.Open(_store.Directory.Path);
        using var held = prefix.Hold(directory);
        Directory.Move(directory, directory + "-away");
        TestImage.Spread(_store.Directory, "layout", new TestImage(new LayerText().File("other").ToArray()).OciFiles());

        using var opened = _store.Store.Open(directory, held);

        Assert.Equal(image.Id, opened.Digest);
    }

    [Fact]
    public void A_layout_directory_is_known_by_its_index()
    {
        var image = new TestImage(Layer);
        var directory = TestImage.Spread(_store.Directory, "layout", image.OciFiles());
        using (_store.Store.Open(directory))
        {
        }

        File.Delete($"{directory}/blobs/sha256/{image.Id[7..]}");
        using var known = _store.Store.Open(directory);

        Assert.Equal(image.Id, known.Digest);
    }

    [Fact]
    public void A_known_archive_whose_layers_are_gone_is_imported_again()
    {
        var path = new TestImage(Layer).Save(_store.Directory);
        using (_store.Store.Open(path))
        {
            System.IO.Directory.Delete($"{_store.Path}/layers/{TestImage.DiffId(Layer)}", recursive: true);
        }

        using var image = _store.Store.Open(path);

        Assert.True(File.Exists(image.Layers[0] + "/f"));
    }

    [Theory]
    [InlineData("app")]
    [InlineData("app:latest")]
    [InlineData("docker.io/library/app")]
    [InlineData("ID")]
    [InlineData("HEX")]
    [InlineData("PREFIX")]
    [InlineData("sha256:PREFIX")]
    public void An_image_is_found_by_name_and_digest(string reference)
    {
        var image = new TestImage(Layer) { Tags = ["app:latest"] };
        _store.Store.Import(image.Save(_store.Directory));

        using var found = _store.Store.Open(reference.Replace("ID", image.Id, StringComparison.Ordinal)
            .Replace("HEX", image.Id[7..], StringComparison.Ordinal).Replace("PREFIX", image.Id[7..15], StringComparison.Ordinal));

        Assert.Equal(image.Id, found.Digest);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("app:2")]
    [InlineData("deadbeef")]
    [InlineData("sha256:00")]
    [InlineData("Not A Name")]
    public void What_is_not_there_is_said_to_be_unknown(string reference)
    {
        Assert.Throws<UnknownImageException>(() => _store.Store.Open(reference));
        _store.Store.Import(new TestImage(Layer) { Tags = ["app:latest"] }.Save(_store.Directory));

        Assert.Throws<UnknownImageException>(() => _store.Store.Open(reference));
    }

    [Fact]
    public void A_name_given_by_the_user_replaces_those_of_the_archive()
    {
        var path = new TestImage(Layer) { Tags = ["app:latest"] }.Save(_store.Directory);

        var imported = Assert.Single(_store.Store.Import(path, "mine:1"));

        Assert.Equal(["mine:1"], imported.Names);
        Assert.Equal(["mine:1"], Assert.Single(_store.Store.List()).Names);
    }

    [Fact]
    public void A_name_moves_to_the_image_that_was_imported_last()
    {
        var (old, now) = (new TestImage(Layer) { Tags = ["app:1"] }, new TestImage(new LayerText().File("new").ToArray()) { Tags = ["app:1"] });
        _store.Store.Import(old.Save(_store.Directory));
        _store.Store.Import(now.Save(_store.Directory));

        using var image = _store.Store.Open("app:1");

        Assert.Equal(now.Id, image.Digest);
        Assert.Equal(2, _store.Store.List().Count);
    }

    [Fact]
    public void A_list_says_what_there_is()
    {
        _store.Store.Import(new TestImage(Layer, new LayerText().File("g", "1234").ToArray()) { Tags = ["b:1", "a:1"] }.Save(_store.Directory));

        var image = Assert.Single(_store.Store.List());

        Assert.Equal(["a:1", "b:1"], image.Names);
        Assert.Equal((2, 11L, 0), (image.Layers, image.Bytes, image.MissingLayers));
        Assert.Equal(2024, image.Created?.Year);
        Assert.True(TimeProvider.System.GetUtcNow() - image.Used < TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void The_last_name_takes_the_image_along()
    {
        _store.Store.Import(new TestImage(Layer) { Tags = ["a:1", "b:1"] }.Save(_store.Directory));

        var first = _store.Store.Remove("a:1");
        var second = _store.Store.Remove("b:1");

        Assert.Null(first.Digest);
        Assert.Equal(new TestImage(Layer).Id, second.Digest);
        Assert.Empty(_store.Store.List());
        Assert.Equal(1, _store.Store.Collect().Layers);
        Assert.Empty(_store.List("layers"));
        Assert.Empty(_store.List("passing"));
    }

    [Fact]
    public void An_image_in_use_is_neither_removed_nor_collected()
    {
        _store.Store.Import(new TestImage(Layer) { Tags = ["a:1"] }.Save(_store.Directory));
        using (var image = _store.Store.Open("a:1"))
        {
            var failure = Assert.Throws<SandboxException>(() => _store.Store.Remove("a:1"));
            _store.Store.Collect();

            Assert.Contains("in use", failure.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(image.Layers[0] + "/f"));
        }

        Assert.NotNull(_store.Store.Remove("a:1").Digest);
    }

    [Fact]
    public void A_layer_that_another_image_needs_stays()
    {
        _store.Store.Import(new TestImage(Layer) { Tags = ["a:1"] }.Save(_store.Directory));
        _store.Store.Import(new TestImage(Layer, new LayerText().File("g").ToArray()) { Tags = ["b:1"] }.Save(_store.Directory));

        _store.Store.Remove("b:1");
        var freed = _store.Store.Collect();

        Assert.Equal(1, freed.Layers);
        Assert.Equal([TestImage.DiffId(Layer)], _store.List("layers"));
    }

    [Fact]
    public void What_a_killed_import_left_is_collected_and_what_a_living_one_makes_is_not()
    {
        _store.Store.Import(new TestImage(Layer).Save(_store.Directory));
        foreach (var name in (string[])["layer-1-1", "layer-1-2"])
        {
            _store.Directory.Write($"store/images/passing/{name}/tree/sub/file", "half");
        }

        File.SetUnixFileMode($"{_store.Path}/passing/layer-1-1/tree/sub", UnixFileMode.None);
        _store.Directory.Write("store/images/passing/file-1-3", "{");
        using var living = ImageDirectory.Open($"{_store.Path}/passing/layer-1-2");
        _ = Libc.LockTogether(living);

        var freed = _store.Store.Collect();

        Assert.Equal(2, freed.Leftovers);
        Assert.Equal(["layer-1-2"], _store.List("passing"));
        Assert.Single(_store.List("layers"));
    }

    [Fact]
    public void A_layer_that_an_import_holds_is_not_collected_before_its_image_is_there()
    {
        var image = new TestImage(Layer);
        using var source = new ArchiveOfTest(image, _store.Directory).Open();
        var directory = new ImageDirectory(_store.Path);
        directory.Make();
        var blob = new LayerBlob { File = TestImage.DiffId(Layer) + "/layer.tar", DiffId = TestImage.DiffId(Layer) };

        using (new LayerStore(directory, new()).Acquire(blob, source, new UnpackBudget(new())))
        {
            Assert.Equal(0, _store.Store.Collect().Layers);
        }

        Assert.Equal(1, _store.Store.Collect().Layers);
    }

    [Fact]
    public async Task Many_importers_of_one_image_all_end_well_and_unpack_it_once()
    {
        const int many = 8;
        var image = new TestImage(Layer, new LayerText().File("big", new string('x', 1 << 20)).ToArray()) { Compression = "gzip", Tags = ["a:1"] };
        var paths = Enumerable.Range(0, many).Select(i => image.Save(_store.Directory, $"{i}.tar")).ToArray();

        var imported = await Task.WhenAll(paths.Select(path => Task.Factory.StartNew(
            () => _store.Store.Import(path)[0], TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(imported, one => Assert.Equal(image.Id, one.Digest));
        Assert.Equal(2, imported.Sum(one => one.NewLayers));
        Assert.Empty(_store.List("passing"));
    }

    [Fact]
    public async Task Imports_removals_and_collections_at_the_same_time_leave_a_whole_store()
    {
        const int many = 6;
        var path = new TestImage(Layer) { Tags = ["a:1"] }.Save(_store.Directory);

        await Task.WhenAll(Enumerable.Range(0, many).Select(i => Task.Factory.StartNew(
            () => Disturb(path, i), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        using var image = _store.Store.Open(path);
        Assert.Equal("content", File.ReadAllText(image.Layers[0] + "/f"));
        Assert.Empty(_store.List("passing"));
    }

    [Fact]
    public void An_archive_that_a_job_names_by_its_path_takes_no_name_of_another_image()
    {
        var trusted = _store.Store.Import(new TestImage(Layer) { Tags = ["debian:12"] }.Save(_store.Directory))[0];
        var stranger = new TestImage(new LayerText().File("trap").ToArray()) { Tags = ["debian:12", "new:1"] }.Save(_store.Directory, "stranger.tar");

        using var first = _store.Store.Open(stranger);

        using var named = _store.Store.Open("debian:12");
        using var free = _store.Store.Open("new:1");
        Assert.Equal((trusted.Digest, first.Digest), (named.Digest, free.Digest));
        Assert.Equal(["debian:12", "new:1"], _store.Store.Import(stranger)[0].Names);
        using var taken = _store.Store.Open("debian:12");
        Assert.Equal(first.Digest, taken.Digest);
    }

    [Fact]
    public void A_store_that_is_only_half_made_has_no_images()
    {
        System.IO.Directory.CreateDirectory(_store.Path, (UnixFileMode)0x1c0);

        Assert.Empty(_store.Store.List());
        Assert.Throws<UnknownImageException>(() => _store.Store.Remove("a:1"));
        Assert.Equal(0, _store.Store.Collect().Layers);
    }

    [Fact]
    public void A_store_that_others_can_write_to_is_refused()
    {
        _store.Store.Import(new TestImage(Layer) { Tags = ["a:1"] }.Save(_store.Directory));
        File.SetUnixFileMode(_store.Path, (UnixFileMode)0x1ff);

        var failure = Assert.Throws<SandboxException>(() => _store.Store.Open("a:1"));

        Assert.Equal(("EPERM", _store.Path), (failure.Errno, failure.Path));
    }

    [Fact]
    public void A_store_that_others_can_put_another_in_place_of_is_refused()
    {
        var above = Path.GetDirectoryName(_store.Path)!;
        System.IO.Directory.CreateDirectory(above);
        File.SetUnixFileMode(above, (UnixFileMode)0x1ff);
        var archive = new TestImage(Layer) { Tags = ["a:1"] }.Save(_store.Directory);

        var failure = Assert.Throws<SandboxException>(() => _store.Store.Import(archive));

        Assert.Equal(("EPERM", above), (failure.Errno, failure.Path));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(above));
        Assert.Throws<SandboxException>(() => _store.Store.Collect());
    }

    public void Dispose() => _store.Dispose();

    private void Disturb(string path, int seed)
    {
        const int rounds = 8;
        for (var round = 0; round < rounds; round++)
        {
            if ((round + seed) % 3 == 0)
            {
                _store.Store.Collect();
            }
            else if ((round + seed) % 3 == 1)
            {
                TryRemove();
            }
            else
            {
                _store.Store.Import(path);
            }
        }
    }

    private void TryRemove()
    {
        try
        {
            _store.Store.Remove("a:1");
        }
        catch (UnknownImageException)
        {
            // Another was faster.
        }
    }
}
