#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <locale>
#include <random>
#include <regex>
#include <string>

int main()
{
	std::locale::global(std::locale(""));
	std::string word;
	std::getline(std::cin, word);
	auto path = std::filesystem::temp_directory_path() / ("number" + std::to_string(std::random_device{}()));
	std::ofstream(path) << 21;
	int number = 0;
	std::ifstream(path) >> number;
	auto now = std::time(nullptr);
	if (!std::regex_search(std::string(std::asctime(std::localtime(&now))), std::regex("20[0-9]{2}")))
		return 1;
	auto answer = std::async(std::launch::async, [=] { return 2 * number; });
	std::cout << word << ' ' << answer.get() << std::endl;
}
