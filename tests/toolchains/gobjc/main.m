#include <objc/Object.h>
#include <objc/runtime.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

@interface Doubler : Object
{
	int number;
}
- (void)read;
- (int)twice;
@end

@implementation Doubler
- (void)read
{
	FILE *file = tmpfile();

	if (!file)
		@throw self;
	fputs("21", file);
	rewind(file);
	if (fscanf(file, "%d", &number) != 1)
		@throw self;
}
- (int)twice { return 2 * number; }
@end

static void *work(void *object)
{
	[(id)object read];
	return NULL;
}

int main(void)
{
	char word[100];
	pthread_t thread;
	Doubler *doubler = class_createInstance(objc_getClass("Doubler"), 0);

	if (scanf("%99s", word) != 1 || pthread_create(&thread, NULL, work, doubler) || pthread_join(thread, NULL))
		return 1;
	@try {
		@throw doubler;
	} @catch (id same) {
		printf("%s %d\n", word, [same twice]);
	}
	return 0;
}
